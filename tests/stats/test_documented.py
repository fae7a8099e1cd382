"""docs/statistics.md lists only existing statistics, the enabled ones, and their units."""

import re
from pathlib import Path

import pytest

from exercise_config import Config
from stats.loading import available, load
from stats.statistic import Statistic

PAGE = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
LINES = [line for line in PAGE.split("\n") if line.startswith(("| `", "| *`", "| **`"))]
NEED_A_FILE = {"downloaded_per_network", "uploaded_per_network"}


def named(line: str) -> list[str]:
    """Return the statistics in a line of a table."""
    return re.findall(r"`(\w+)`", line.split("|")[1])


DOCUMENTED = [name for line in LINES for name in named(line)]


def test_every_documented_statistic_exists_and_is_listed_once() -> None:
    assert len(DOCUMENTED) == len(set(DOCUMENTED)) > 40
    assert {*DOCUMENTED} <= {*available()}  # there may also be a user's own file


def test_enabled_statistics_are_bold() -> None:
    assert set(re.findall(r"\*\*`(\w+)`\*\*", PAGE)) == {*Config.statistics} & {*DOCUMENTED}
    assert set(re.findall(r"\| \*`(\w+)`\*", PAGE)) == {*Config.full_screen_statistics}


@pytest.mark.parametrize("line", LINES, ids=lambda line: named(line)[0])
def test_documented_units_are_right(line: str) -> None:
    pytest.importorskip("iptocc", reason="the packages of requirements-places.txt are not there")
    pytest.importorskip("ua_parser", reason="the packages of requirements-agents.txt are not there")
    loaded: list[Statistic] = load([name for name in named(line) if name not in NEED_A_FILE])
    assert all(statistic.unit.value == line.split("|")[3].strip() for statistic in loaded)
