"""Counts over a sliding window stay within their bounds."""

from detection.tally import Distinct, Repeats, Tally


def test_a_count_covers_at_least_half_the_window_and_no_more_than_it() -> None:
    tally = Tally(60)
    counts = [tally.add("a", time) for time in (0.0, 29.9, 30.0, 59.9, 60.0, 89.9)]
    assert counts == [1, 2, 3, 4, 3, 4]


def test_a_silence_forgets_everything() -> None:
    tally = Tally(60)
    tally.add("a", 0.0)
    assert tally.add("a", 61.0) == 1


def test_late_records_count_in_the_current_half() -> None:
    tally = Tally(60)
    tally.add("a", 100.0)
    assert tally.add("a", 10.0) == 2


def test_a_clock_that_was_set_back_begins_anew() -> None:
    tally = Tally(60)
    counts = [tally.add("a", time) for time in (1e9, 1000.0, 1001.0, 400.0, 300.0)]
    assert counts == [1, 1, 2, 3, 1]


def test_keys_have_separate_counts() -> None:
    tally = Tally(60)
    tally.add("a", 0.0)
    assert (tally.add("b", 0.0), tally.add("a", 0.0)) == (1, 2)


def test_too_many_keys_are_noted_and_do_not_push_out_known_ones() -> None:
    tally = Tally(60, max_keys=2)
    counts = [tally.add(key, 0.0) for key in "abca"]
    assert (counts, tally.full) == ([1, 1, 0, 2], 1)


def test_the_next_half_has_room_again() -> None:
    tally = Tally(60, max_keys=1)
    tally.add("a", 0.0)
    assert tally.add("b", 30.0) == 1


def test_distinct_values_count_once_in_both_halves() -> None:
    distinct = Distinct(60, most=10)
    counts = [distinct.add("a", time, value) for time, value in ((0.0, "x"), (1.0, "x"), (30.0, "x"), (31.0, "y"))]
    assert counts == [1, 1, 1, 2]


def test_distinct_values_are_bounded() -> None:
    distinct = Distinct(60, most=3)
    assert [distinct.add("a", 0.0, str(number)) for number in range(5)] == [1, 2, 3, 3, 3]


def test_what_was_reported_in_the_pause_is_recent() -> None:
    repeats = Repeats(600)
    for key, time in (("a", 0.0), ("b", 300.0), ("c", 2000.0)):
        repeats.is_first(key, time)
    assert repeats.recent(700.0) == {"b"}


def test_a_series_is_told_once() -> None:
    repeats = Repeats(600)
    assert [repeats.is_first("a", time) for time in (0.0, 1.0, 599.0, 600.0, 601.0)] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_a_series_in_the_future_does_not_hide_one_now() -> None:
    repeats = Repeats(600)
    assert [repeats.is_first("a", time) for time in (1e9, 1000.0, 1001.0, 999.0)] == [True, True, False, False]


def test_other_keys_are_told_too() -> None:
    repeats = Repeats(600)
    assert [repeats.is_first(key, 0.0) for key in "aab"] == [True, False, True]


def test_with_too_many_series_one_is_told_again_rather_than_not_at_all() -> None:
    repeats = Repeats(600, max_keys=2)
    assert [repeats.is_first(key, 0.0) for key in "aabca"] == [True, False, True, True, True]


def test_all_values_together_are_bounded() -> None:
    distinct = Distinct(60, most=10, max_values=3)
    assert [distinct.add(key, 0.0, value) for key in "ab" for value in "xyz"] == [1, 2, 3, 0, 0, 0]
    assert distinct.full == 3
    assert distinct.add("b", 30.0, "x") == 1
