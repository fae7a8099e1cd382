"""Packed bins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.bins import VERSION_1_GAMMA, VERSION_1_LAST, converted, merged, packed, unpacked
from store.distribution import ERROR, HIGHEST, LAST, LOWEST, value_of

COUNTS = st.dictionaries(st.integers(0, LAST), st.integers(1, 2**62 - 1))


@given(COUNTS)
def test_packed_bins_are_unpacked_unchanged(counts: dict[int, int]) -> None:
    assert unpacked(packed(counts)) == counts


@given(COUNTS, COUNTS)
def test_merging_adds_bin_by_bin(one: dict[int, int], two: dict[int, int]) -> None:
    both = {number: one.get(number, 0) + two.get(number, 0) for number in {*one, *two}}
    assert unpacked(merged(packed(one), packed(two))) == both


def test_a_few_bins_take_a_few_bytes() -> None:
    assert len(packed({300: 4, 301: 90, 340: 1})) == 7


@pytest.mark.parametrize("block", [b"\x80", b"\x01", b"\x01\x02\x03", b"\x01\xff"])
def test_an_incomplete_block_is_refused(block: bytes) -> None:
    with pytest.raises(ValueError, match="incomplete pair"):
        unpacked(block)


def test_an_unknown_bin_is_refused() -> None:
    with pytest.raises(ValueError, match=f"no bin {LAST + 1}"):
        unpacked(packed({LAST + 1: 1}))


@given(st.integers(1, VERSION_1_LAST - 1), st.integers(1, 1000))
def test_a_bin_of_version_1_is_converted_by_its_time(number: int, count: int) -> None:
    [(now, hits)] = unpacked(converted(packed({number: count}))).items()
    time = min(HIGHEST, 2 * LOWEST * VERSION_1_GAMMA**number / (VERSION_1_GAMMA + 1))
    assert value_of(now) == pytest.approx(time, rel=ERROR + 1e-9)
    assert hits == count


def test_the_ends_of_version_1_stay_and_merged_bins_are_added() -> None:
    assert unpacked(converted(packed({0: 2, VERSION_1_LAST: 3}))) == {0: 2, LAST: 3}
    both = dict.fromkeys(range(VERSION_1_LAST + 1), 1)
    assert sum(unpacked(converted(packed(both))).values()) == len(both) > LAST


def test_a_number_that_no_counter_holds_is_refused() -> None:
    assert unpacked(b"\x05" + b"\xff" * 8 + b"\x7f") == {5: 2**63 - 1}
    with pytest.raises(ValueError, match="too large"):
        unpacked(b"\x05" + b"\xff" * 9 + b"\x01")
