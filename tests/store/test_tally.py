"""The sketch behind a bucket: what it promises about keys it had to give up."""

from collections import Counter

from hypothesis import given, strategies

from store.tally import COUNT, TOTAL, Tally


def counted(keys: list[str], max_keys: int, weight: int = COUNT, amount: int = 1) -> Tally:
    tally = Tally(max_keys, weight)
    for key in keys:
        entry = tally.entries.get(key) or tally.enter(key)
        entry[COUNT] += 1
        entry[TOTAL] += amount
    return tally


streams = strategies.lists(strategies.integers(0, 40).map(lambda number: f"key {number * number // 40}"), max_size=400)


@given(streams, strategies.integers(1, 8))
def test_no_key_is_short_by_more_than_its_share_and_none_has_too_much(keys: list[str], max_keys: int) -> None:
    tally = counted(keys, max_keys)
    bound = len(keys) / (max_keys + 1)
    for key, count in Counter(keys).items():
        held = tally.entries.get(key, [0, 0])[COUNT]
        assert count - bound <= held <= count


@given(streams, strategies.integers(1, 8), strategies.sampled_from([COUNT, TOTAL]))
def test_with_the_rest_it_is_exact_and_bounded(keys: list[str], max_keys: int, weight: int) -> None:
    tally = counted(keys, max_keys, weight, amount=7)
    assert tally.sums() == (len(keys), 7 * len(keys))
    assert len(tally.entries) <= 2 * max_keys


@given(streams, streams, strategies.integers(1, 8))
def test_merging_loses_nothing(keys: list[str], others: list[str], max_keys: int) -> None:
    tally = counted(keys, max_keys)
    tally.merge(counted(others, max_keys))
    assert tally.sums() == (len(keys + others), len(keys + others))
    assert all(entry[COUNT] <= (keys + others).count(key) for key, entry in tally.entries.items())


def test_a_heavy_key_that_comes_after_the_flood_is_there() -> None:
    """10,000 keys once each, then one key 1000 times among 10,000 more."""
    flood = [f"junk {number}" for number in range(10_000)]
    mixed = [key for number in range(1000) for key in ["late", *(f"more {number} {part}" for part in range(10))]]
    tally = counted(flood + mixed, max_keys=100)
    assert tally.entries["late"][COUNT] >= 1000 - 21_000 / 101
    assert len(tally.entries) <= 200
