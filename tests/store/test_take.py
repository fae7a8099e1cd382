"""A store that takes the closed buckets of others shows the same as one that counted their records."""

from collections.abc import Sequence

import pytest
from test_recall import NAMES, START, records

from stats.loading import load
from store.store import Store
from store.sums import ClosedBucket
from traffic.batch import RecordBatch

WINDOWS = (10, 120, 3600, None)


def new_store() -> Store:
    return Store(load(NAMES), 10, 86400, 100)


def parts_of(found: Sequence[object]) -> list[ClosedBucket]:
    """Return what a store hands out while it counts these records."""
    store, parts = new_store(), list[ClosedBucket]()
    store.on_close(parts.append)
    store.add(RecordBatch(found))
    store.advance(START + 600)
    return parts


def counted() -> Store:
    store = new_store()
    store.add(RecordBatch(records(590)))
    store.advance(START + 600)
    return store


def same(one: Store, other: Store) -> None:
    for name in NAMES:
        for window in WINDOWS:
            assert one.top(name, 100, window) == other.top(name, 100, window)
            assert one.totals(name, window) == other.totals(name, window)
            assert one.curve(name, window) == other.curve(name, window)
        assert one.series(name, 60) == other.series(name, 60)
        assert one.peak(name).count == other.peak(name).count
        key = one.top(name, 1).rows[0].key
        assert one.curve(name, 3600, key=key) == other.curve(name, 3600, key=key)
        assert one.series_of(name, key, 60) == other.series_of(name, key, 60)


def test_buckets_taken_as_they_close_are_the_same_as_their_records() -> None:
    taken = new_store()
    for part in parts_of(records(590)):
        taken.take(part)
        taken.advance(part.start + 10)
    taken.advance(START + 600)
    same(taken, counted())


def test_the_buckets_of_two_sensors_add_up() -> None:
    both, taken = records(590), new_store()
    pairs = [both[place : place + 2] for place in range(0, len(both), 2)]
    for sensor in (0, 1):
        for part in parts_of([record for pair in pairs[sensor::2] for record in pair]):
            taken.take(part)
    taken.advance(START + 600)
    same(taken, counted())


@pytest.mark.parametrize("order", [1, -1])
def test_a_backlog_counts_at_its_own_time(order: int) -> None:
    taken = new_store()
    taken.advance(START + 590)
    for part in parts_of(records(590))[::order]:
        taken.take(part)
        taken.advance(START + 595)
    taken.advance(START + 600)
    same(taken, counted())


def test_a_longer_period_is_spread_over_its_buckets() -> None:
    taken, parts = new_store(), parts_of(records(60))
    for part in parts:
        taken.take(part._replace(start=START, width=60))
    taken.advance(START + 60)
    counts = [sums.count for sums in taken.series("request_rate", 6)]
    assert sum(counts) == 60
    assert max(counts) - min(counts) <= 6  # each of the six parts rounds
    assert taken.totals("server_response_time") == counted_until(60).totals("server_response_time")


def counted_until(seconds: int) -> Store:
    store = new_store()
    store.add(RecordBatch(records(seconds)))
    store.advance(START + seconds)
    return store


def test_what_is_older_than_the_retention_is_ignored_and_nothing_of_it_stays() -> None:
    taken = new_store()
    taken.advance(START + 86400 + 300)
    for part in parts_of(records(590)):
        taken.take(part)
    taken.advance(START + 86400 + 310)
    assert taken.totals("request_rate").count == 590 - 310
    taken.advance(START + 2 * 86400)
    assert taken.totals("request_rate").count == 0


def test_statistics_that_are_not_shown_are_ignored() -> None:
    taken = Store(load(NAMES[:1]), 10, 86400, 100)
    for part in parts_of(records(590)):
        taken.take(part)
    taken.advance(START + 600)
    assert taken.totals(NAMES[0]) == counted().totals(NAMES[0])
