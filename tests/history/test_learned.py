"""What signals counted in earlier runs, as the next run learns from it."""

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import pytest

from history.archive import SqliteArchive
from history.keep import Retention
from history.learned import learned
from history.sums import Minute
from store.sums import Sums
from store.watched import WATCHED

REQUESTS = "signals.requests_by_client"
OTHER = "signals.outcomes"
UNITS = {"request_rate": "hits", REQUESTS: "hits", OTHER: "hits", WATCHED: "seconds"}
UTC = timezone.utc
START = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86400.0


def minute(start: float, requests: int, seconds: float = 60.0) -> Minute:
    """Return a minute that was watched for so long, with so many requests."""
    sums = {name: {"10.0.0.1": Sums(requests)} for name in ("request_rate", REQUESTS, OTHER)} if requests else {}
    return Minute(start, {**sums, WATCHED: {"0": Sums(seconds=seconds)}})


@pytest.fixture
def archive(tmp_path: Path) -> SqliteArchive:
    return SqliteArchive(str(tmp_path / "history.db"), Retention(), UNITS, UTC)


def watched(archive: SqliteArchive, since: float, until: float, requests: int = 5) -> None:
    archive.write_all([minute(since + 60 * each, requests) for each in range(int(until - since) // 60)])


def seen(archive: SqliteArchive, now: float, names: Sequence[str] = (REQUESTS,)) -> list[tuple[float, float, int]]:
    """Return start, width and requests of each bucket."""
    return [
        (bucket.start, bucket.width, sum(part.keyed.whole().count for part in bucket.statistics if part.name in names))
        for bucket in learned(archive, now - 8 * 7 * DAY, now, names)
    ]


def test_hours_come_first_then_the_minutes_of_the_last_day(archive: SqliteArchive) -> None:
    watched(archive, START, START + 30 * HOUR)
    found = seen(archive, START + 30 * HOUR)
    assert found[:6] == [(START + hour * HOUR, HOUR, 300) for hour in range(6)]
    assert found[6:] == [(START + 6 * HOUR + 60 * each, 60.0, 5) for each in range(24 * 60)]


def test_a_quiet_hour_counts_nothing_but_one_that_nobody_watched_is_left_out(archive: SqliteArchive) -> None:
    watched(archive, START, START + HOUR)
    watched(archive, START + HOUR, START + 2 * HOUR, requests=0)
    watched(archive, START + 2 * HOUR, START + 2.5 * HOUR)
    watched(archive, START + 40 * HOUR, START + 41 * HOUR)
    hours = [each for each in seen(archive, START + 50 * HOUR) if each[1] == HOUR]
    assert hours == [(START, HOUR, 300), (START + HOUR, HOUR, 0)]


def test_what_was_watched_before_signals_were_kept_is_no_silence(archive: SqliteArchive) -> None:
    old = minute(START, 5)
    for each in range(120):
        archive.write(Minute(START + 60 * each, {"request_rate": old.sums["request_rate"], WATCHED: old.sums[WATCHED]}))
    watched(archive, START + 2 * HOUR, START + 4 * HOUR)
    hours = [each for each in seen(archive, START + 3 * DAY) if each[1] == HOUR]
    assert hours == [(START + 2 * HOUR, HOUR, 300), (START + 3 * HOUR, HOUR, 300)]


def test_only_what_is_wanted_is_read(archive: SqliteArchive) -> None:
    watched(archive, START, START + HOUR)
    [bucket] = [each for each in learned(archive, START, START + 2 * DAY, {OTHER}) if each.width == HOUR]
    assert {part.name for part in bucket.statistics} == {OTHER, WATCHED}
