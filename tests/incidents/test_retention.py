"""Which incidents are deleted: those in the middle of a series first, then the oldest, never the newest."""

from hypothesis import given, strategies

from incidents.retention import Stored, surplus

HOUR = 3600.0


def names(stored: list[Stored], most: int, max_bytes: int = 10**9) -> list[str]:
    return [each.name for each in surplus(stored, most, max_bytes)]


def at(*hours: float, size: int = 10) -> list[Stored]:
    return [Stored(f"{hour:g}", hour * HOUR, size) for hour in hours]


def test_nothing_is_deleted_while_there_is_room() -> None:
    assert names(at(0, 5, 9), 3) == []


def test_of_incidents_far_apart_the_oldest_goes() -> None:
    assert names(at(9, 0, 5, 20), 3) == ["0"]


def test_the_first_of_a_series_stays_longer_than_those_that_follow_it() -> None:
    assert names(at(0, 0.2, 0.4, 0.6, 0.8), 4) == ["0.2"]
    assert names(at(0, 0.2, 0.4, 0.6, 0.8, 0.9), 3) == ["0.2", "0.4", "0.6"]


def test_the_newest_half_is_kept_although_it_is_a_series() -> None:
    assert names(at(0, 24, 48, 72, 72.1, 72.2), 5) == ["0"]


def test_too_many_bytes_delete_too() -> None:
    assert names(at(0, 5, 9, size=100), 20, max_bytes=250) == ["0"]


def test_the_newest_stays_even_if_it_is_too_large_alone() -> None:
    assert names(at(0, 5, size=100), 20, max_bytes=50) == ["0"]


@given(
    strategies.lists(strategies.tuples(strategies.integers(0, 50), strategies.integers(0, 99))),
    strategies.integers(1, 9),
)
def test_the_rest_is_within_the_limits_and_has_the_newest(incidents: list[tuple[int, int]], most: int) -> None:
    stored = [Stored(str(number), hour * HOUR, size) for number, (hour, size) in enumerate(incidents)]
    left = [each for each in stored if each not in surplus(stored, most, 200)]
    assert len(left) <= most
    assert len(left) <= 1 or sum(each.bytes for each in left) <= 200
    assert not stored or max(stored, key=lambda each: (each.start, each.name)) in left
