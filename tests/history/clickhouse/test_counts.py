"""What the signals of many sensors counted is read from ClickHouse, added up, to be judged again."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from clickhouse_server import AddressOf
from fleet_contract import NOW, START, UNITS, WEB1, WEB2, Fleet, Pair, counts

from history.clickhouse.reading import ClickhouseFleet
from history.clickhouse.schema import Place
from history.clickhouse.target import ClickhouseTarget
from history.learned import learned, minutes_from
from history.periods import PeriodLevel
from store.sums import Sums
from store.watched import WATCHED

CLIENTS, SECTIONS = "signals.requests_by_client", "signals.requests_by_section"
WHOLE: dict[str, Any] = {WATCHED: {"0": Sums(seconds=600.0)}}
FIRST: dict[str, Any] = {**WHOLE, CLIENTS: {"10.0.0.1": Sums(3, 30), "other": Sums(2)}, SECTIONS: {"/a": Sums(5)}}
SECOND: dict[str, Any] = {**WHOLE, CLIENTS: {"10.0.0.1": Sums(1)}}


@pytest.fixture
def read(address_of: AddressOf, place: Place) -> Iterator[ClickhouseFleet]:
    """Return a store to which two sensors sent two hours, of which the second sensor has the first alone."""
    with ExitStack() as stack:
        target = ClickhouseTarget(address_of("sensor"), "let me in", UNITS)
        stack.callback(target.close)
        opened = ClickhouseFleet(address_of("reader"), "read only", clock=lambda: NOW)
        stack.callback(opened.close)
        fleet = Fleet(Pair(target.send, lambda: opened))
        for at in range(0, 7200, 600):
            fleet.bucket(WEB1, at, **FIRST)
        for at in range(0, 3600, 600):
            fleet.bucket(WEB2, at, **SECOND)
        fleet.roll_up()
        yield opened


def test_periods_are_sums_of_all_sensors_or_of_some(read: ClickhouseFleet) -> None:
    found = dict(read.counts().counted(PeriodLevel.HOUR, START, START + 7200, [CLIENTS]))
    assert list(found) == [START, START + 3600]
    assert counts(found[START].keyed.items()) == {"10.0.0.1": 6 * 3 + 6 * 1}
    assert (found[START].other.count, counts(found[START + 3600].keyed.items())) == (12, {"10.0.0.1": 18})
    one = dict(read.of([WEB2]).counts().counted(PeriodLevel.HOUR, START, START + 7200, [CLIENTS]))
    assert [counts(part.keyed.items()) for part in one.values()] == [{"10.0.0.1": 6}]


def test_without_keys_a_statistic_is_a_total(read: ClickhouseFleet) -> None:
    names = (CLIENTS, SECTIONS)
    found = read.counts().counted(PeriodLevel.HOUR, START, START + 3600, names, lambda name: name == SECTIONS)
    parts = {part.name: part for _, part in found}
    assert (parts[CLIENTS].keyed.keys, parts[CLIENTS].other.count) == ([], 18 + 6 + 12)
    assert counts(parts[SECTIONS].keyed.items()) == {"/a": 30}


def test_two_sensors_do_not_watch_twice_as_long(read: ClickhouseFleet) -> None:
    found = [part for _, part in read.counts().counted(PeriodLevel.HOUR, START, START + 3600, [WATCHED])]
    (one,) = [part for _, part in read.of([WEB1]).counts().counted(PeriodLevel.HOUR, START, START + 3600, [WATCHED])]
    assert [part.keyed.whole().seconds for part in found] == [one.keyed.whole().seconds]


def test_it_knows_what_is_kept_and_from_when_on(read: ClickhouseFleet) -> None:
    kept = read.counts()
    assert {CLIENTS, SECTIONS, WATCHED} <= kept.kept
    assert SECTIONS not in read.of([WEB2]).counts().kept
    assert kept.first(PeriodLevel.MINUTE) == START
    assert kept.first(PeriodLevel.HOUR, lambda name: name == CLIENTS) == START
    assert kept.first(PeriodLevel.HOUR, lambda name: name == "never") is None
    assert minutes_from(kept, START + 1800) == START


def test_seasons_can_learn_from_it(read: ClickhouseFleet) -> None:
    found = list(learned(read.counts(), START, START + 7200, [CLIENTS]))
    assert [(bucket.start - START, bucket.width) for bucket in found] == [(at, 60.0) for at in range(0, 7200, 600)]
    hours = [bucket for bucket in learned(read.counts(), START, START + 3 * 86400, [CLIENTS]) if bucket.width == 3600]
    assert [bucket.start - START for bucket in hours] == [0, 3600]
