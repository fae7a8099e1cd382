"""The calendar of the history."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.periods import PeriodLevel, Tile, month_start, next_start, period_start, tiles, week_start

UTC = timezone.utc
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [UTC, BERLIN, timezone(timedelta(hours=5, minutes=30)), ZoneInfo("America/New_York")]


def at(text: str, zone: timezone | ZoneInfo = UTC) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def test_periods_follow_the_local_clock() -> None:
    time = at("2026-11-18 17:04:10", BERLIN)
    assert period_start(PeriodLevel.MINUTE, time, BERLIN) == at("2026-11-18 17:04:00", BERLIN)
    assert period_start(PeriodLevel.HOUR, time, BERLIN) == at("2026-11-18 17:00:00", BERLIN)
    assert period_start(PeriodLevel.DAY, time, BERLIN) == at("2026-11-18 00:00:00", BERLIN)
    assert week_start(time, BERLIN) == at("2026-11-16 00:00:00", BERLIN)
    assert month_start(time, BERLIN) == at("2026-11-01 00:00:00", BERLIN)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_days_with_a_clock_change_are_shorter_or_longer(day: str, hours: int) -> None:
    start = at(day, BERLIN)
    assert next_start(PeriodLevel.DAY, start, BERLIN) - start == hours * 3600
    assert period_start(PeriodLevel.DAY, start + hours * 3600 - 1, BERLIN) == start


def test_a_week_is_tiled_by_days_with_hours_and_minutes_at_its_edges() -> None:
    assert tiles(at("2026-11-02 22:58:30"), at("2026-11-05 01:01:00"), UTC) == [
        Tile(PeriodLevel.MINUTE, at("2026-11-02 22:58"), at("2026-11-02 23:00")),
        Tile(PeriodLevel.HOUR, at("2026-11-02 23:00"), at("2026-11-03 00:00")),
        Tile(PeriodLevel.DAY, at("2026-11-03"), at("2026-11-05")),
        Tile(PeriodLevel.HOUR, at("2026-11-05 00:00"), at("2026-11-05 01:00")),
        Tile(PeriodLevel.MINUTE, at("2026-11-05 01:00"), at("2026-11-05 01:01")),
    ]


@given(
    st.integers(15 * 10**9, 19 * 10**9).map(lambda tenths: tenths / 10),
    st.integers(-1000, 400 * 86400).map(lambda tenths: tenths / 10),
    st.sampled_from(ZONES),
)
def test_tiles_cover_the_span_without_gaps(since: float, length: float, zone: timezone | ZoneInfo) -> None:
    found = tiles(since, since + length, zone)
    if length <= 0:
        assert not found or found[-1].end - found[0].start <= 60
        return
    assert found[0].start == since // 60 * 60
    assert found[-1].end == -(-(since + length) // 60) * 60
    assert [tile.end for tile in found[:-1]] == [tile.start for tile in found[1:]]
    for tile in found:
        assert period_start(tile.level, tile.start, zone) == tile.start
        assert tile.start < tile.end == period_start(tile.level, tile.end, zone)
