"""The sketch behind a bucket: what it promises about keys it had to give up."""

from collections import Counter

from hypothesis import given, strategies

from store.distribution import NOT_TIMED
from store.packed import ONE, count_of, total_of, totals
from store.tally import Tally, Weight


def counted(keys: list[str], max_keys: int, weight: Weight = count_of, amount: int = 1) -> Tally:
    """Each key once, with an amount; its bin is the length of the key."""
    tally = Tally(max_keys, weight)
    sums = [ONE + packed for packed in totals([amount] * len(keys))]
    tally.add_timed(keys, sums, [len(key) for key in keys])
    return tally


def count(tally: Tally, key: str) -> int:
    cell = tally.entries.get(key)
    return count_of(cell.sums) if cell else 0


streams = strategies.lists(strategies.integers(0, 40).map(lambda number: f"key {number * number // 40}"), max_size=400)


@given(streams, strategies.integers(1, 8))
def test_no_key_is_short_by_more_than_its_share_and_none_has_too_much(keys: list[str], max_keys: int) -> None:
    tally = counted(keys, max_keys)
    bound = len(keys) / (max_keys + 1)
    for key, came in Counter(keys).items():
        assert came - bound <= count(tally, key) <= came


@given(streams, strategies.integers(1, 8), strategies.sampled_from([count_of, total_of]))
def test_with_the_rest_it_is_exact_and_bounded(keys: list[str], max_keys: int, weight: Weight) -> None:
    tally = counted(keys, max_keys, weight, amount=7)
    whole = tally.whole()
    assert (count_of(whole.sums), total_of(whole.sums)) == (len(keys), 7 * len(keys))
    assert whole.counts() == Counter(map(len, keys))
    assert len(tally.entries) <= 2 * max_keys


@given(streams, streams, strategies.integers(1, 8))
def test_merging_loses_nothing(keys: list[str], others: list[str], max_keys: int) -> None:
    tally = counted(keys, max_keys)
    tally.merge(counted(others, max_keys))
    assert count_of(tally.whole().sums) == len(keys + others)
    assert tally.whole().counts() == Counter(map(len, keys + others))
    assert all(count(tally, key) <= (keys + others).count(key) for key in tally.entries)


def test_a_heavy_key_that_comes_after_the_flood_is_there() -> None:
    """10,000 keys once each, then one key 1000 times among 10,000 more."""
    flood = [f"junk {number}" for number in range(10_000)]
    mixed = [key for number in range(1000) for key in ["late", *(f"more {number} {part}" for part in range(10))]]
    tally = counted(flood + mixed, max_keys=100)
    assert count(tally, "late") >= 1000 - 21_000 / 101
    assert len(tally.entries) <= 200


@given(streams, strategies.integers(1, 8))
def test_keys_that_weigh_nothing_take_no_room_from_those_that_do(keys: list[str], max_keys: int) -> None:
    """As by the ends of exchanges whose requests were counted before."""
    tally = Tally(max_keys, count_of)
    for number, key in enumerate(keys):
        tally.add([key], [ONE])
        tally.add([f"weightless {number}"], [0])
    for key, came in Counter(keys).items():
        assert came - len(keys) / (max_keys + 1) <= count(tally, key) <= came


def test_what_has_no_key_or_no_time_is_passed_over() -> None:
    tally = Tally(2, count_of)
    tally.add_timed(["a", None, "a"], [ONE, ONE, ONE], [5, 5, NOT_TIMED])
    tally.add(["a", None], [ONE, ONE])
    assert count(tally, "a") == 3
    assert tally.whole().counts() == {5: 1}
