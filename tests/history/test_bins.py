"""Bins as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.bins import merged, packed, unpacked
from store.distribution import LAST

COUNTS = st.dictionaries(st.integers(0, LAST), st.integers(1, 2**63))


@given(COUNTS)
def test_what_is_packed_comes_back(counts: dict[int, int]) -> None:
    assert unpacked(packed(counts)) == counts


@given(COUNTS, COUNTS)
def test_merging_adds_bin_by_bin(one: dict[int, int], two: dict[int, int]) -> None:
    both = {number: one.get(number, 0) + two.get(number, 0) for number in {*one, *two}}
    assert unpacked(merged(packed(one), packed(two))) == both


def test_a_few_bins_take_a_few_bytes() -> None:
    assert len(packed({300: 4, 301: 90, 340: 1})) == 7


@pytest.mark.parametrize("block", [b"\x80", b"\x01", b"\x01\x02\x03", b"\x01\xff"])
def test_what_ends_in_the_middle_is_refused(block: bytes) -> None:
    with pytest.raises(ValueError, match="middle of a pair"):
        unpacked(block)


def test_a_bin_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=f"there is no bin {LAST + 1}"):
        unpacked(packed({LAST + 1: 1}))
