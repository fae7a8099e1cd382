"""Sets of sequence numbers as ranges."""

import random

import numpy as np
import pytest

from history import ranges
from history.ranges import NONE, added, known


def array(*sequences: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    return np.array(sequences, np.int64)


def test_neighbours_become_one_range() -> None:
    assert added(NONE, array(5, 3, 4, 9)).tolist() == [[3, 5], [9, 9]]
    assert added(added(NONE, array(1, 3)), array(2, 3)).tolist() == [[1, 3]]
    assert added(NONE, array()).tolist() == []


def test_nothing_is_known_of_an_empty_set() -> None:
    assert known(NONE, array(1, 2)).tolist() == [False, False]


@pytest.mark.parametrize("seed", range(20))
def test_it_is_a_set_whatever_the_order(seed: int) -> None:
    chance = random.Random(seed)
    numbers = [chance.randrange(1, 60) for _ in range(80)]
    found = NONE
    for begin in range(0, len(numbers), 7):
        found = added(found, array(*numbers[begin : begin + 7]))
        seen = set(numbers[: begin + 7])
        assert known(found, array(*range(70))).tolist() == [number in seen for number in range(70)]
    assert all(one[1] + 1 < two[0] for one, two in zip(found.tolist(), found[1:].tolist(), strict=False))


def test_the_earliest_gaps_are_closed_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "MAX_RANGES", 3)
    assert added(NONE, array(1, 3, 5, 7, 9)).tolist() == [[1, 5], [7, 7], [9, 9]]
