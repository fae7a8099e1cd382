"""Inspectors in their processes: budgets, deaths, order, reload, and what a hostile worker may answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from contents import content
from doubles import DOUBLES

from inspection.inspection import Inspection
from inspection.processes import Stem
from inspection.terms import Terms
from traffic.content import Content
from traffic.finding import Finding

LONG = 60.0
"""Seconds that nothing takes."""


@contextmanager
def inspecting(*names: str, live: bool = False, **terms: object) -> Iterator[Inspection]:
    """Run test doubles with these names."""
    limits = Terms(**{"lockdown": False, **terms})  # type: ignore[arg-type]
    stem = Stem(lambda: [DOUBLES[name]() for name in names], limits)
    try:
        inspection = Inspection(stem, names, limits, live=live)
        inspection.start()
        try:
            yield inspection
        finally:
            inspection.close()
    finally:
        stem.close()


def inspected(inspection: Inspection, contents: list[Content]) -> list[Finding]:
    inspection.hand(contents)
    assert inspection.wait(LONG)
    return inspection.take()


def test_what_is_found_comes_in_the_order_of_the_exchanges() -> None:
    contents = [content(f"/{number}", body=b"attack" if number % 3 == 0 else b"") for number in range(300)]
    for workers in (1, 3):
        with inspecting("word", workers=workers) as inspection:
            found = inspected(inspection, contents)
            assert [each.path for each in found] == [f"/{number}" for number in range(0, 300, 3)]
            assert (inspection.inspected, inspection.missed) == (300, {})


def test_what_takes_too_long_costs_its_budget_and_no_more() -> None:
    contents = [content("/1", body=b"attack"), content("/2", body=b"loop"), content("/3", body=b"attack")]
    with inspecting("word", "loops", budget=0.05) as inspection:
        found = inspected(inspection, contents)
        assert [each.path for each in found] == ["/1", "/3"]
        assert (inspection.inspected, inspection.missed) == (2, {"over budget": 1})
        assert inspection.warnings == ()


@pytest.mark.parametrize(
    ("name", "bait", "how"),
    [
        ("crashes", b"crash", "died (signal 11)"),
        ("allocates", b"allocate", "ran out of memory"),
        ("nests", b"nest", "found too many levels in each other"),
    ],
)
def test_a_process_that_dies_is_replaced_and_said(name: str, bait: bytes, how: str) -> None:
    contents = [content("/1", body=b"attack"), content("/2", body=bait), content("/3", body=b"attack")] * 2
    with inspecting("word", name, budget=5.0, memory=2**27) as inspection:
        found = inspected(inspection, contents)
        assert [each.path for each in found] == ["/1", "/3"] * 2
        assert (inspection.inspected, inspection.missed) == (4, {"process died": 2})
        assert inspection.warnings == (f"an inspector process {how} and was replaced (2 times)",)
        assert inspection.failures == []


def test_a_process_that_does_nothing_is_replaced() -> None:
    contents = [content("/1", body=b"attack"), content("/2", body=b"sleep"), content("/3", body=b"attack")]
    with inspecting("word", "sleeps", silence=0.2) as inspection:
        assert [each.path for each in inspected(inspection, contents)] == ["/1", "/3"]
        assert inspection.missed == {"no answer": 1}
        assert inspection.warnings == ("an inspector process did not answer and was replaced",)


@pytest.mark.parametrize(
    ("name", "bait", "said"), [("raises", b"raise", "it is broken"), ("garbage", b"garbage", "not a finding: 42")]
)
def test_an_inspector_that_raises_is_disabled_everywhere_and_the_others_go_on(
    name: str, bait: bytes, said: str
) -> None:
    contents = [content(f"/{number}", body=b"attack " + bait) for number in range(300)]
    with inspecting("word", name, workers=2) as inspection:
        assert len(inspected(inspection, contents)) == 300
        (failure,) = inspection.failures
        assert failure.name == name
        assert said in failure.text
        assert (inspection.inspected, inspection.missed) == (300, {})


def test_without_inspectors_that_work_nothing_is_inspected() -> None:
    with inspecting("raises") as inspection:
        inspected(inspection, [content("/", body=b"raise")])
        inspected(inspection, [content("/")] * 5)
        assert (inspection.inspected, inspection.missed) == (1, {"inspectors disabled": 5})
