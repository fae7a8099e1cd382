"""What signals counted in earlier runs, as the next run learns from it."""

import random
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import pytest

from history.archive import SqliteArchive
from history.database import HistoryError
from history.keep import Retention
from history.learned import learned, periods
from history.periods import PeriodLevel
from history.sums import Minute
from store.distribution import Distribution
from store.sums import StatisticSums, Sums
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
        (bucket.start, bucket.width, sum(_count(part) for part in bucket.statistics if part.name in names))
        for bucket in learned(archive, now - 8 * 7 * DAY, now, names)
    ]


def _count(part: StatisticSums) -> int:
    return part.keyed.whole().count + part.other.count


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
    assert {part.name for part in bucket.statistics} == {OTHER}


TIMES = "signals.times_by_server"


def test_columns_have_what_the_minutes_have(tmp_path: Path) -> None:
    """Keys with times, some without, and more of them than are kept."""
    chance = random.Random(7)
    archive = SqliteArchive(str(tmp_path / "history.db"), Retention(keys=5), {TIMES: "hits"}, UTC)
    for number in range(30):
        sums = {
            f"10.0.0.{key}:80": Sums(
                3, 900, 0.5, Distribution.of((chance.randrange(900), chance.randrange(1, 300)) for _ in range(key % 4))
            )
            for key in range(chance.randrange(1, 9))
        }
        archive.write(Minute(START + 60 * number, {TIMES: sums}))
    found = list(periods(archive, PeriodLevel.MINUTE, START, START + HOUR, {TIMES}))
    expected = list(archive.minutes(START, START + HOUR))
    assert len(found) == len(expected) == 30
    for bucket, kept in zip(found, expected, strict=True):
        [part] = bucket.statistics
        sums = dict(kept.sums[TIMES])
        other = sums.pop("(other)", Sums())
        assert dict(part.keyed.items()) == sums
        assert part.other == Sums(other.count, other.bytes, other.seconds)


@pytest.mark.parametrize(
    "wrong", [("count", -1), ("count", "x"), ("bins", b"\x01"), ("bins", b"\x81"), ("key", b"\xff")]
)
def test_damage_is_found(archive: SqliteArchive, wrong: tuple[str, object]) -> None:
    watched(archive, START, START + HOUR)
    with archive.database.transaction() as run:
        run(f"UPDATE sums SET {wrong[0]} = ? WHERE statistic = ?", [(wrong[1], archive.number(OTHER))])
    with pytest.raises((ValueError, HistoryError)):
        list(learned(archive, START, START + 2 * DAY, {OTHER}))
