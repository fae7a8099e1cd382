"""The regression tests of the Core Rule Set, as packets: the verdicts are those of the library fed directly.

A run without the slow tests takes every tenth test.
"""

from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import pytest
from crs_cases import FOLDER, VARIABLE, cases, present
from crs_comparison import Comparison, compared, rules

from capture.core import how_to_inspect

pytestmark = [
    pytest.mark.skipif(not present(), reason=f"no rules at {FOLDER}; {VARIABLE} names their folder"),
    pytest.mark.skipif(bool(how_to_inspect()), reason=how_to_inspect()),
    pytest.mark.skipif(find_spec("libmodsecurity") is None, reason="needs libmodsecurity (requirements-waf.txt)"),
]

NOT_REQUESTS = {"not a request line", "several requests"}


def check(result: Comparison, least: int) -> None:
    found = result.found
    assert result.cases >= least
    assert result.different == []
    assert found["expected, found on the wire"] == found["expected, found directly"] >= 0.995 * found["expected"]
    assert found["forbidden, found on the wire"] == found["forbidden, found directly"] <= 0.06 * found["forbidden"]
    assert set(result.off_the_wire.values()) <= NOT_REQUESTS
    assert len(result.off_the_wire) <= 10


def test_verdicts_on_packets_are_those_of_the_library(tmp_path: Path) -> None:
    check(compared(rules(tmp_path), islice(cases(), 0, None, 10)), 200)


@pytest.mark.slow
def test_all_verdicts_on_packets_are_those_of_the_library(tmp_path: Path) -> None:
    check(compared(rules(tmp_path), cases()), 2000)
