"""Sums of many keys, in columns."""

import numpy as np
import pytest

from store.distribution import Distribution
from store.sums import KeyedSums, Sums

SUMS = {
    "a": Sums(1, 10, 0.5, Distribution(((3, 1),))),
    "b": Sums(2, 20),
    "c": Sums(3, 30, 1.5, Distribution(((0, 1), (3, 2))), 1, 2),
}


@pytest.mark.parametrize("wanted", [(), ("a",), ("b",), ("a", "c"), ("b", "c"), ("a", "b", "c")])
def test_chosen_keys_keep_their_sums_and_their_times(wanted: tuple[str, ...]) -> None:
    keyed = KeyedSums.of_items(SUMS.items())
    chosen = keyed.chosen(np.array([key in wanted for key in keyed.keys]))
    assert dict(chosen.items()) == {key: SUMS[key] for key in wanted}
    assert chosen.whole().count == sum(SUMS[key].count for key in wanted)
    assert dict(keyed.items()) == SUMS
