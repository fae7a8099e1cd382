"""Periods of the past are put together to windows of the length that is judged."""

from alerting.signal_statistics import REQUESTS
from alerting.window import windows_of
from store.sums import NOTHING, ClosedBucket, KeyedSums, StatisticSums, Sums


def period(start: float, width: float, count: int) -> ClosedBucket:
    sums = KeyedSums.of_items([("key", Sums(count))])
    return ClosedBucket(start, width, (StatisticSums(REQUESTS[0].name, sums, NOTHING),))


def told(*periods: ClosedBucket) -> list[tuple[float, float, int]]:
    """Return begin, end and requests of each window of 120 s."""
    found = windows_of(periods, REQUESTS, 120.0)
    return [(window.opens, window.closes, window.of(REQUESTS[0]).total) for window in found]


def test_minutes_of_the_same_window_are_added_up() -> None:
    minutes = [period(60 * number, 60, number + 1) for number in range(5)]
    assert told(*minutes) == [(0, 120, 3), (120, 240, 7), (240, 300, 5)]


def test_a_minute_that_is_missing_leaves_a_shorter_window() -> None:
    assert told(period(0, 60, 1), period(180, 60, 2), period(240, 60, 3)) == [(0, 60, 1), (180, 240, 2), (240, 300, 3)]


def test_hours_remain_hours_and_what_they_contain_counts_once() -> None:
    assert told(period(0, 3600, 9), period(60, 60, 1), period(3600, 60, 2)) == [(0, 3600, 9), (3600, 3660, 2)]


def test_without_a_past_there_is_none() -> None:
    assert told() == []
