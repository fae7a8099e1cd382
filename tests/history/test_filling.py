"""Buckets are added up in longer periods, and reduced to their highest keys; nothing is lost in between."""

import numpy as np
import pytest
from sensor_records import TIMED, bucket

from history.columns import highest
from history.filling import Filling, Watching
from store.sums import ClosedBucket, KeyedSums, StatisticSums, Sums
from store.watched import WATCHED


def whole(part: StatisticSums) -> Sums:
    return KeyedSums.merged([part.keyed, KeyedSums.of_items([("(other)", part.other)])]).whole()


def watched(*spans: tuple[float, float]) -> ClosedBucket:
    filling = Filling(10)
    for start, end in spans:
        filling.watch(start, end)
    (found,) = filling.rest()
    return found


def spans_of(period: ClosedBucket) -> dict[str, float]:
    (part,) = [part for part in period.statistics if part.name == WATCHED]
    return {key: sums.seconds for key, sums in part.keys.items()}


def test_parts_of_a_bucket_and_late_ones_add_up() -> None:
    filling = Filling(60)
    filling.add(bucket(60, hits={"a": Sums(1), "other": TIMED}))
    filling.add(bucket(110, hits={"a": TIMED, "b": Sums(2)}))
    filling.add(bucket(120, hits={"a": Sums(9)}))
    (minute,) = filling.over(120)
    assert (minute.start, minute.width) == (60, 60)
    assert minute.statistics[0].keys == {"a": Sums(4, 700, 0.5, TIMED.times, 1), "b": Sums(2)}
    assert minute.statistics[0].other == TIMED
    filling.add(bucket(70, hits={"a": Sums(5)}))
    assert [each.start for each in filling.rest()] == [60, 120]
    assert not filling


def test_watched_spans_of_buckets_become_those_of_the_hour() -> None:
    minute, hour = Filling(60), Filling(3600)
    minute.add(watched((3603.5, 3610)))
    for start in range(3610, 3630, 10):
        minute.add(watched((start, start + 10)))
    minute.add(watched((3641.0, 3650)))
    for start in range(3660, 3720, 10):
        minute.add(watched((start, start + 10)))
    for each in minute.rest():
        hour.add(each)
    (period,) = hour.rest()
    assert spans_of(period) == {"3": 26.5, "41": 9.0, "60": 60.0}


def test_spans_that_begin_in_the_same_second_are_both_counted() -> None:
    filling = Filling(10)
    filling.watch(0.1, 0.2)
    filling.watch(5.0, 6.0)
    filling.watch(0.5, 0.75)
    (period,) = filling.rest()
    assert spans_of(period) == pytest.approx({"0": 0.35, "5": 1.0})


def test_a_jump_of_time_was_not_watched() -> None:
    watching, clock = Watching(), 1e9
    assert watching.advance(5, clock) is None
    watching.begin(10)
    assert watching.advance(20, clock) == (10, 20)
    assert watching.advance(15, clock) is None
    assert watching.advance(25, clock) == (20, 25)
    assert watching.advance(25 + 3600, clock) is None
    assert watching.advance(1e9 + 86400, clock) is None


@pytest.mark.parametrize(("unit", "kept"), [("hits", ["a", "b"]), ("bytes", ["b", "c"]), ("seconds", ["a", "c"])])
def test_the_highest_keys_are_kept_and_the_rest_is_counted(unit: str, kept: list[str]) -> None:
    sums = {"a": Sums(9, 1, 2.0), "b": Sums(8, 8, 0.5), "c": Sums(1, 9, 3.0), "other": TIMED}
    (part,) = bucket(0, hits=sums).statistics
    reduced = highest(part, unit, 2, 100)
    assert list(reduced.keys) == kept
    assert all(reduced.keys[key] == sums[key] for key in kept)
    assert whole(reduced) == whole(part)


def test_bins_stay_with_their_key() -> None:
    sums = {f"k{number}": Sums(number, times=Sums().times.of([(number, 2), (number + 5, 1)])) for number in range(50)}
    (part,) = bucket(0, hits=sums).statistics
    reduced = highest(part, "hits", 7, 100)
    assert reduced.keys == {key: sums[key] for key in list(sums)[-7:]}
    assert whole(reduced) == whole(part)
    assert (np.diff(reduced.keyed.codes) > 0).all()


def test_long_and_unprintable_keys_are_cut_escaped_and_added_up() -> None:
    (part,) = bucket(0, hits={"x" * 300: Sums(1), "x" * 301: Sums(2), "a\x1b": Sums(4), "\ud800": Sums(8)}).statistics
    reduced = highest(part, "hits", 10, 256)
    assert reduced.keys == {"x" * 256: Sums(3), "a\\x1b": Sums(4), "\\ud800": Sums(8)}


def test_a_key_named_like_the_rest_is_counted_there() -> None:
    keyed = KeyedSums.of_items([("a", Sums(1)), ("(other)", Sums(2))])
    assert highest(StatisticSums("hits", keyed, Sums(4)), "hits", 10, 256).other == Sums(6)
