"""Sums restored from a history equal the original ones, whatever the length of the buckets."""

import random
from typing import Any

import pytest
from records import exchange, request

from history.minutes import Minutes, closed_bucket
from stats.loading import load
from store.store import Store
from store.sums import ClosedBucket
from traffic.batch import RecordBatch

NAMES = ["request_rate", "top_sections", "downloaded_per_domain", "server_response_time", "status_classes"]
START = 1_700_000_100  # the start of a minute, and of five


def records(seconds: int) -> list[Any]:
    chance = random.Random(3)
    found: list[Any] = []
    for second in range(seconds):
        host = f"host{chance.randrange(5)}"
        time = START + second + 0.5
        asked = request(time, host=host, target=f"/{chance.randrange(9)}")
        status, took = chance.choice([200, 404]), 0.01 * (1 + second % 50)
        answer = exchange(asked, time=time + 0.1, status=status, response_bytes=100 + second, response_time=took)
        found += [asked, answer]
    return found


def filled(bucket: float) -> tuple[Store, list[ClosedBucket]]:
    store, minutes = Store(load(NAMES), bucket, 86400, 100), Minutes()
    store.on_close(minutes.add)
    store.add(RecordBatch(records(590)))
    store.advance(START + 600)
    return store, [closed_bucket(minute) for minute in minutes.rest()]


@pytest.mark.parametrize("bucket", [10, 60, 300])
def test_totals_keys_and_percentiles_are_restored(bucket: float) -> None:
    before, past = filled(bucket)
    after = Store(load(NAMES), bucket, 86400, 100)
    for part in reversed(past):
        after.recall(part)
    after.advance(START + 600)
    for name in NAMES:
        assert after.totals(name).count == before.totals(name).count
        assert after.totals(name).seconds == pytest.approx(before.totals(name).seconds)
        old = {row.key: row.window for row in before.top(name, 100).rows}
        new = {row.key: row.window for row in after.top(name, 100).rows}
        assert {key: (sums.count, sums.bytes, sums.timed) for key, sums in old.items()} == {
            key: (sums.count, sums.bytes, sums.timed) for key, sums in new.items()
        }
        assert {key: sums.times for key, sums in old.items()} == {key: sums.times for key, sums in new.items()}


def test_a_minute_is_spread_evenly_over_its_buckets() -> None:
    _, past = filled(10)
    after = Store(load(NAMES), 10, 86400, 100)
    for part in past:
        after.recall(part)
    after.advance(START + 600)
    assert {sums.count for sums in after.series("request_rate", 60)[:54]} == {10}


def test_restored_sums_age_and_are_not_recorded_again() -> None:
    _, past = filled(10)
    after = Store(load(NAMES), 10, 300, 100)
    taken: list[ClosedBucket] = []
    after.on_close(taken.append)
    for part in past:
        after.recall(part)
    after.advance(START + 600)
    assert taken == []
    assert after.totals("request_rate").count == 290


def test_a_statistic_that_was_removed_is_skipped() -> None:
    _, past = filled(10)
    after = Store(load(["top_methods"]), 10, 86400, 100)
    for part in past:
        after.recall(part)
    after.advance(START + 600)
    assert after.totals("top_methods").count == 0


def test_sums_that_are_too_old_are_not_restored() -> None:
    _, past = filled(10)
    after = Store(load(NAMES), 10, 300, 100)
    after.advance(START + 600)
    for part in past:
        after.recall(part)
    after.advance(START + 610)
    assert after.totals("request_rate").count == 280
    after.advance(START + 2000)
    assert after.totals("request_rate").count == 0
