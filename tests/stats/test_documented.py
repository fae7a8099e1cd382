"""docs/statistics.md has no statistic that there is not, and says which are on and what they count in."""

import re
from pathlib import Path

import pytest

from exercise_config import Config
from stats.loading import available, load
from stats.statistic import Statistic

PAGE = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
LINES = [line for line in PAGE.split("\n") if line.startswith(("| `", "| **`"))]
NEED_A_FILE = {"downloaded_per_network", "uploaded_per_network"}


def named(line: str) -> list[str]:
    """The statistics that a line of a table is about."""
    return re.findall(r"`(\w+)`", line.split("|")[1])


DOCUMENTED = [name for line in LINES for name in named(line)]


def test_every_statistic_of_the_page_is_there_once() -> None:
    assert len(DOCUMENTED) == len(set(DOCUMENTED)) > 40
    assert {*DOCUMENTED} <= {*available()}  # a file of one's own may be there too


def test_those_that_are_on_are_bold() -> None:
    assert set(re.findall(r"\*\*`(\w+)`\*\*", PAGE)) == {*Config.statistics} & {*DOCUMENTED}


@pytest.mark.parametrize("line", LINES, ids=lambda line: named(line)[0])
def test_units_are_as_said(line: str) -> None:
    pytest.importorskip("iptocc", reason="the packages of requirements-places.txt are not there")
    pytest.importorskip("ua_parser", reason="the packages of requirements-agents.txt are not there")
    loaded: list[Statistic] = load([name for name in named(line) if name not in NEED_A_FILE])
    assert all(statistic.unit.value == line.split("|")[3].strip() for statistic in loaded)
