"""Which table a part of a span is read from."""

import pytest

from history.clickhouse.spans import Stored, Tile, awaited, cover, earliest, span
from history.record import Level

BUCKET, MINUTE, HOUR, DAY = Level
D, H, M = 86400, 3600, 60
ALL = {BUCKET: 0.0, MINUTE: 0.0, HOUR: 0.0, DAY: 0.0}
KEPT = {BUCKET: 9.0 * D, MINUTE: 8.0 * D, HOUR: 3.0 * D, DAY: 1.0 * D}
NOON = 10 * D + 12 * H
MORNING = 10 * D + 2 * H


@pytest.mark.parametrize(
    ("since", "until", "now", "expected"),
    [
        (8 * D, 9 * D, NOON, [Tile(DAY, 8 * D, 9 * D)]),
        (8 * D + 61, 8 * D + 179, NOON, [Tile(MINUTE, 8 * D + 60, 8 * D + 180)]),
        (9 * D + 5 * H, 9 * D + 7 * H, NOON, [Tile(HOUR, 9 * D + 5 * H, 9 * D + 7 * H)]),
        # Yesterday is settled at noon, and not in the small hours.
        (9 * D, 10 * D + H, NOON, [Tile(DAY, 9 * D, 10 * D), Tile(HOUR, 10 * D, 10 * D + H)]),
        (9 * D, 10 * D + H, MORNING, [Tile(HOUR, 9 * D, 10 * D + H)]),
        # The current hour, and the last until it is settled, is in minutes, and the last minutes in buckets.
        (
            NOON - 2 * H,
            NOON + 5,
            NOON + 5,
            [
                Tile(HOUR, NOON - 2 * H, NOON - H),
                Tile(MINUTE, NOON - H, NOON - 3 * M),
                Tile(BUCKET, NOON - 3 * M, NOON + M),
            ],
        ),
        (NOON + D, NOON + D, NOON, [Tile(BUCKET, NOON + D, NOON + D + M)]),
    ],
)
def test_the_longest_settled_periods_cover_a_span(since: float, until: float, now: float, expected: list[Tile]) -> None:
    assert cover(since, until, now, Stored(ALL)) == expected


def test_an_hour_is_settled_soon_if_hours_include_all_its_minutes() -> None:
    later = NOON + 4 * M
    tiles = cover(NOON - 2 * H, later, later, Stored(ALL, loose=NOON))
    assert tiles == [Tile(HOUR, NOON - 2 * H, NOON), Tile(MINUTE, NOON, NOON + M), Tile(BUCKET, NOON + M, later)]
    waits = cover(NOON - 2 * H, later, later, Stored(ALL, loose=NOON - 5 * M))
    assert waits[:2] == [Tile(HOUR, NOON - 2 * H, NOON - H), Tile(MINUTE, NOON - H, NOON + M)]


def test_hours_wait_three_hours_for_minutes() -> None:
    assert [awaited(NOON + seconds) for seconds in (0, H - 1, H)] == [NOON - 3 * H, NOON - 3 * H, NOON - 2 * H]


def test_a_span_moves_outwards_to_what_is_still_stored() -> None:
    assert cover(2 * D + 5, 2 * D + 10, NOON, Stored(KEPT)) == [Tile(DAY, 2 * D, 3 * D)]
    assert cover(5 * D + 5, 5 * D + 10, NOON, Stored(KEPT)) == [Tile(HOUR, 5 * D, 5 * D + H)]
    assert cover(9 * D + 5, 9 * D + 10, NOON, Stored(KEPT)) == [Tile(MINUTE, 9 * D, 9 * D + M)]
    assert span(cover(2 * D + 5, 9 * D + 10, NOON, Stored(KEPT))) == (2 * D, 9 * D + M)


def test_no_period_is_longer_than_asked_for() -> None:
    assert cover(8 * D, 9 * D, NOON, Stored(ALL), HOUR) == [Tile(HOUR, 8 * D, 9 * D)]
    assert cover(8 * D, 9 * D, NOON, Stored(ALL), MINUTE) == [Tile(MINUTE, 8 * D, 9 * D)]


def test_the_earliest_is_that_of_the_shortest_complete_periods() -> None:
    assert earliest(ALL) == 0
    assert earliest(KEPT) == D
    assert earliest({BUCKET: 5000.0, MINUTE: 5040.0, HOUR: 3600.0, DAY: 0.0}) == 5000
    assert earliest({}) is None
