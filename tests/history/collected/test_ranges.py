"""Sequences that were applied, as ranges."""

import random
from itertools import pairwise

import pytest

from history.collected import ranges
from history.collected.ranges import Ranges


def test_neighbours_become_one_range() -> None:
    known = Ranges()
    for sequence in (5, 1, 2, 9, 3, 4, 4):
        known.add(sequence)
    assert known.all() == [(1, 5), (9, 9)]
    assert [sequence in known for sequence in (0, 1, 5, 6, 8, 9, 10)] == [False, True, True, False, False, True, False]


@pytest.mark.parametrize("seed", range(5))
def test_ranges_are_a_set_whatever_the_order(seed: int) -> None:
    chance = random.Random(seed)
    known, added = Ranges(), set()
    for _ in range(500):
        sequence = chance.randrange(1, 400)
        assert (sequence in known) == (sequence in added)
        known.add(sequence)
        added.add(sequence)
    found = known.all()
    assert {sequence for first, last in found for sequence in range(first, last + 1)} == added
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(found))
    assert Ranges(found).all() == found


def test_the_earliest_gap_is_closed_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "MAX_RANGES", 3)
    known = Ranges([(1, 2), (5, 6), (9, 9)])
    known.add(20)
    assert known.all() == [(1, 6), (9, 9), (20, 20)]
