"""The archive: sums by minute, hour and day in a file that survives kills and full disks."""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from history.archive import SIGNAL_KEYS, SqliteArchive
from history.database import PAGE, HistoryError
from history.keep import RESERVE, Retention
from history.periods import PeriodLevel
from history.sums import Minute, StoredAlert
from store.distribution import ERROR, Distribution
from store.sums import Sums

UTC = timezone.utc
DAY = 86400
START = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
UNITS = {"top_sections": "hits", "request_rate": "hits", "sent": "bytes", "response_time": "seconds"}


def hits(count: int, *bins: int) -> Sums:
    """Return sums of so many requests, one time in each bin."""
    return Sums(count, 10 * count, 0.5 * len(bins), Distribution.of((number, 1) for number in bins))


def minute(number: int, **sections: int) -> Minute:
    """Return the minute `number` after START, with so many requests in each section."""
    every = sum(sections.values())
    sums = {"top_sections": {key: hits(count) for key, count in sections.items()}}
    return Minute(START + 60 * number, {**sums, "request_rate": {"requests": hits(every)}})


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "history.db")


@pytest.fixture
def archive(path: str) -> Iterator[SqliteArchive]:
    archive = SqliteArchive(path, Retention(), UNITS, UTC)
    yield archive
    archive.close()


def counts(archive: SqliteArchive, since: float, until: float, limit: int = 10) -> dict[str, int]:
    return {key: sums.count for key, sums in archive.top("top_sections", since, until, limit).rows}


def test_a_minute_counts_in_its_minute_hour_and_day(archive: SqliteArchive) -> None:
    archive.write(minute(61, cart=4, home=1))
    for level, start in ((PeriodLevel.MINUTE, 61 * 60), (PeriodLevel.HOUR, 3600), (PeriodLevel.DAY, 0)):
        [(found, sums)] = archive.totals("top_sections", level, START, START + DAY)
        assert (found, sums.count, sums.bytes) == (START + start, 5, 50)


def test_late_data_is_added_to_its_minute(archive: SqliteArchive) -> None:
    archive.write(minute(3, cart=4))
    archive.write(minute(3, cart=2, home=1))
    assert counts(archive, START + 180, START + 240) == {"cart": 6, "home": 1}


def test_a_span_consists_of_days_hours_and_minutes(archive: SqliteArchive) -> None:
    for number in range(0, 3 * 1440, 7):
        archive.write(minute(number, cart=1 + number % 5))
    since, until = START + 1500 * 60, START + 4200 * 60
    expected = sum(1 + number % 5 for number in range(0, 3 * 1440, 7) if 1500 <= number < 4200)
    assert counts(archive, since, until) == {"cart": expected}
    assert archive.top("top_sections", since, until, 1).whole.count == expected


def test_ranks_are_by_hits_bytes_or_average_of_at_least_five(archive: SqliteArchive) -> None:
    sent = {"few": Sums(1, 900), "many": Sums(9, 90)}
    slow = {"once": Sums(1, 0, 9.0), "often": Sums(5, 0, 5.0)}
    archive.write(Minute(START, {"sent": sent, "response_time": slow}))
    assert [key for key, _ in archive.top("sent", START, START + 60, 2).rows] == ["few", "many"]
    assert [key for key, _ in archive.top("response_time", START, START + 60, 2).rows] == ["often", "once"]


def test_distributions_of_a_span_are_merged(archive: SqliteArchive) -> None:
    archive.write(Minute(START, {"top_sections": {"cart": hits(2, 7, 9)}}))
    archive.write(Minute(START + 60, {"top_sections": {"cart": hits(2, 9)}}))
    [(_, sums)] = archive.top("top_sections", START, START + 120, 1).rows
    assert sums.times.bins == ((7, 1), (9, 2))
    assert (sums.timed, sums.seconds) == (3, 1.5)


def test_what_signals_count_is_kept_but_not_shown(path: str) -> None:
    name = "signals.requests_by_client"
    archive = SqliteArchive(path, Retention(), {**UNITS, name: "hits"}, UTC)
    clients = {f"10.0.0.{number}": hits(1 + number) for number in range(2 * SIGNAL_KEYS)}
    archive.write(Minute(START, {**minute(0, cart=3).sums, name: clients}))
    assert set(archive.statistics()) == set(UNITS)
    [kept] = archive.minutes(START, START + 60, PeriodLevel.HOUR, wanted=lambda each: each == name)
    assert set(kept.sums) == {name}
    assert len(kept.sums[name]) == SIGNAL_KEYS + 1
    assert sum(sums.count for sums in kept.sums[name].values()) == sum(sums.count for sums in clients.values())
    archive.close()


def test_only_the_highest_keys_of_a_minute_are_kept(path: str) -> None:
    archive = SqliteArchive(path, Retention(keys=2), UNITS, UTC)
    archive.write(minute(0, a=5, b=4, c=3, d=2))
    top = archive.top("top_sections", START, START + 60, 9)
    assert [(key, sums.count) for key, sums in top.rows] == [("a", 5), ("b", 4)]
    assert top.whole.count == 14
    archive.close()


def test_hours_and_days_stay_within_the_limit_of_keys(path: str) -> None:
    archive = SqliteArchive(path, Retention(keys=2), UNITS, UTC)
    for number in range(26 * 60):
        archive.write(minute(number, heavy=100, **{f"junk{number}": 1}))
    rows = sqlite3.connect(path).execute("SELECT level, start, count(*) FROM sums WHERE statistic = 1 GROUP BY 1, 2")
    sizes = {(level, int(start - START)): number for level, start, number in rows}
    assert sizes[PeriodLevel.HOUR, 0] == sizes[PeriodLevel.HOUR, 24 * 3600] == sizes[PeriodLevel.DAY, 0] == 3
    assert counts(archive, START, START + DAY, 1) == {"heavy": 144_000}
    assert archive.top("top_sections", START, START + DAY, 1).whole.count == 1440 * 101
    archive.close()


def test_old_periods_are_deleted_level_by_level(path: str) -> None:
    archive = SqliteArchive(path, Retention(minutes=DAY, hours=2 * DAY, days=4 * DAY), UNITS, UTC)
    for day in range(7):
        archive.write(minute(day * 1440, cart=1))
    kept = {level: len(archive.totals("top_sections", level, 0, START + 9 * DAY)) for level in PeriodLevel}
    assert kept == {PeriodLevel.MINUTE: 2, PeriodLevel.HOUR: 3, PeriodLevel.DAY: 5}
    archive.close()


def test_minutes_and_hours_are_kept_no_longer_than_days(path: str) -> None:
    archive = SqliteArchive(path, Retention(minutes=9 * DAY, hours=9 * DAY, days=2 * DAY), UNITS, UTC)
    for day in range(7):
        archive.write(minute(day * 1440, cart=1))
    for level in PeriodLevel:
        assert len(archive.totals("top_sections", level, 0, START + 9 * DAY)) == 3
    assert archive.top("top_sections", START, START + 9 * DAY, 1).whole.count == 3
    archive.close()


def test_a_span_without_its_minutes_starts_with_a_whole_hour_or_day(archive: SqliteArchive) -> None:
    for day in range(100):
        archive.write(minute(day * 1440, cart=1))
    until = START + 99 * DAY + 60
    assert archive.top("top_sections", until - 7 * DAY, until, 1).since == START + 92 * DAY
    assert archive.top("top_sections", until - 90 * DAY, until, 1).since == START + 9 * DAY
    assert counts(archive, until - 90 * DAY, until) == {"cart": 91}


def test_a_span_in_the_first_hour_that_still_has_its_minutes_starts_with_a_minute(path: str) -> None:
    archive = SqliteArchive(path, Retention(minutes=DAY), UNITS, UTC)
    for number in (0, 1500, 1530):
        archive.write(minute(number, cart=1))
    top = archive.top("top_sections", START + 1530 * 60, START + 1531 * 60, 1)
    assert (top.since, top.until, top.whole.count) == (START + 1530 * 60, START + 1531 * 60, 1)
    archive.close()


def test_the_file_stays_below_its_limit_by_deleting_the_oldest(path: str) -> None:
    size = 8 * 2**20
    archive = SqliteArchive(path, Retention(size=size), UNITS, UTC)
    junk = random.Random(1)
    for number in range(150):
        archive.write(minute(number, **{f"{junk.random():.18f}" * 8: 1 for _ in range(100)}))
        assert sum(file.stat().st_size for file in Path(path).parent.iterdir() if "-shm" not in file.name) <= size
    minutes = archive.totals("top_sections", PeriodLevel.MINUTE, 0, START + DAY)
    assert 10 < len(minutes) < 150
    assert minutes[-1][0] == START + 149 * 60
    assert archive.top("request_rate", START, START + 150 * 60, 1).whole.count == 15_000  # the hours have them all
    archive.close()


def test_the_current_minute_is_never_deleted_however_small_the_limit(path: str) -> None:
    archive = SqliteArchive(path, Retention(size=RESERVE + 10 * PAGE), UNITS, UTC)
    archive.write(minute(90, **{f"section {number:02} {'x' * 88}": 1 for number in range(40)}))
    assert archive.database.used > archive._keep.bytes_of_data
    for level in PeriodLevel:
        [(_, sums)] = archive.totals("top_sections", level, START, START + DAY)
        assert sums.count == 40
    archive.close()


def test_earliest_is_the_first_minute_while_that_is_kept(path: str) -> None:
    archive = SqliteArchive(path, Retention(minutes=DAY, hours=3 * DAY), UNITS, UTC)
    assert archive.earliest() is None
    first = 13 * 60 + 7
    for day, known in ((0, first * 60), (2, 13 * 3600), (9, 0)):
        archive.write(minute(first + day * 1440, cart=1))
        assert archive.earliest() == START + known
    archive.close()


def test_an_alert_is_stored_once_and_replaced_when_it_ends(archive: SqliteArchive) -> None:
    archive.write_alert(StoredAlert("request_rate", START, None, "{}"))
    archive.write_alert(StoredAlert("request_rate", START, START + 60, '{"hits": 1}'))
    assert archive.alerts(START) == [StoredAlert("request_rate", START, START + 60, '{"hits": 1}')]
    assert archive.alerts(START + 61) == []


def test_an_alert_is_kept_as_long_as_the_days(path: str) -> None:
    archive = SqliteArchive(path, Retention(minutes=DAY, hours=2 * DAY, days=4 * DAY), UNITS, UTC)
    archive.write_alert(StoredAlert("request_rate", START, START + 60, "{}"))
    for day, kept in ((0, 1), (4, 1), (5, 0)):
        archive.write(minute(day * 1440, cart=1))
        assert len(archive.alerts(0)) == kept
    archive.close()


def test_minutes_are_read_back_unchanged(archive: SqliteArchive) -> None:
    written = [minute(1, cart=2), minute(2, cart=1, home=9)]
    for each in written:
        archive.write(each)
    assert list(archive.minutes(START, START + DAY)) == written


def test_errors_are_added_up(archive: SqliteArchive) -> None:
    for number in (1, 2):
        archive.write(
            Minute(START + 60 * number, {"top_sections": {"cart": Sums(9, client_errors=2, server_errors=3)}})
        )
    [(_, cart)] = archive.top("top_sections", START, START + 600, 9).rows
    assert (cart.count, cart.client_errors, cart.server_errors) == (18, 4, 6)
    assert next(iter(archive.minutes(START, START + DAY))).sums["top_sections"]["cart"].server_errors == 3


def test_a_file_of_another_program_is_refused(path: str) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE cookies (name)")
    other.close()
    with pytest.raises(HistoryError, match=r"history\.db: not a history file, or another version; move the file away"):
        SqliteArchive(path, Retention(), UNITS)


def test_a_damaged_file_is_refused(path: str) -> None:
    Path(path).write_bytes(b"no database" * 1000)
    with pytest.raises(HistoryError, match="file is not a database; move the file away"):
        SqliteArchive(path, Retention(), UNITS)


def write_and_read(path: str) -> None:
    archive = SqliteArchive(path, Retention(), UNITS, UTC)
    write_many(archive)
    counts(archive, START, START + DAY)


def write_many(archive: SqliteArchive) -> None:
    for number in range(1000, 1500):
        archive.write(minute(number, **{f"{key:0200}": 1 for key in range(100)}))


def test_damage_in_the_middle_is_reported_when_it_is_read(path: str) -> None:
    archive = SqliteArchive(path, Retention(), UNITS, UTC)
    for number in range(300):
        archive.write(minute(number, **{f"k{key}": 1 for key in range(100)}))
    archive.close()
    with open(path, "r+b") as file:
        file.seek(8192)
        file.write(os.urandom(200_000))
    with pytest.raises(HistoryError, match="malformed; move the file away"):
        write_and_read(path)


@pytest.mark.parametrize(
    "damage",
    [
        *("key = CAST(x'1b5b324aff' AS TEXT)", "key = x'01'", "bins = x'80'", "bins = x'ffff7f01'", "bins = NULL"),
        *("count = 'x'", "count = -1", "bytes = NULL", "bytes = 0.5", "seconds = 9e999", "start = x'00'"),
    ],
)
def test_damaged_sums_are_reported_without_their_content(path: str, damage: str) -> None:
    archive = SqliteArchive(path, Retention(), UNITS, UTC)
    archive.write(minute(1, cart=1))
    with sqlite3.connect(path) as file:
        file.execute(f"UPDATE sums SET {damage} WHERE statistic = 1")
    file.close()
    with pytest.raises(HistoryError, match=r"db: its contents are malformed; move the file away"):
        archive.top("top_sections", START, START + DAY, 1)
    archive.close()


def test_damaged_names_of_statistics_are_reported(path: str) -> None:
    SqliteArchive(path, Retention(), UNITS, UTC).close()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE statistic SET name = x'00' WHERE number = 1")
    file.close()
    with pytest.raises(HistoryError, match=r"db: its contents are malformed; move the file away"):
        SqliteArchive(path, Retention())


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="No such file or directory"):
        SqliteArchive(str(tmp_path / "none" / "history.db"), Retention(), UNITS)


def test_a_history_opened_for_reading_must_exist_and_is_not_changed(path: str) -> None:
    with pytest.raises(HistoryError, match="no history at"):
        SqliteArchive(path, Retention())
    SqliteArchive(path, Retention(), UNITS).close()
    before = Path(path).read_bytes()
    reader = SqliteArchive(path, Retention())
    assert reader.statistics() == UNITS
    with pytest.raises(HistoryError, match="readonly"):
        reader.write(minute(1, cart=1))
    reader.close()
    assert Path(path).read_bytes() == before


def test_only_the_owner_may_read_the_file(path: str) -> None:
    SqliteArchive(path, Retention(), UNITS).close()
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_a_full_disk_loses_nothing_that_was_written(path: str) -> None:
    archive = SqliteArchive(path, Retention(), UNITS, UTC)
    archive.write(minute(0, cart=1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        with pytest.raises(HistoryError, match=r"cannot use the history in"):
            write_many(archive)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    written = len(archive.totals("top_sections", PeriodLevel.MINUTE, START, START + DAY))
    archive.write(minute(999, cart=1))  # there is room again
    assert len(archive.totals("top_sections", PeriodLevel.MINUTE, START, START + DAY)) == written + 1
    archive.close()


KILLS = 200


@pytest.mark.slow
def test_two_hundred_kills_lose_no_minute_that_was_written(path: str) -> None:
    chance = random.Random(7)
    told = 0
    target = Path(__file__).with_name("history_kill_target.py")
    with subprocess.Popen(
        [sys.executable, str(target), path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdin is not None
        assert starter.stdout is not None
        for _ in range(KILLS):
            print(file=starter.stdin, flush=True)
            process, number = map(int, starter.stdout.readline().split())
            time.sleep(chance.random() * 0.03)
            os.kill(process, signal.SIGKILL)
            told = max([told, number, *map(int, iter(starter.stdout.readline, "\n"))])
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    file.close()
    archive = SqliteArchive(path, Retention(), UNITS, UTC)
    minutes = archive.totals("top_sections", PeriodLevel.MINUTE, 0, START + 1000 * DAY)
    assert len(minutes) in (told, told + 1)  # the last minute was written, but its number was cut off
    assert {sums.count for _, sums in minutes} == {30}
    for level in (PeriodLevel.HOUR, PeriodLevel.DAY):
        assert sum(sums.count for _, sums in archive.totals("top_sections", level, 0, START + 1000 * DAY)) == 30 * len(
            minutes
        )
    archive.close()


# Version 1 ------------------------------------------------------------------------------------------------------------

FORMER = Path(__file__).with_name("version1.sql")
"""A history of version 1, with two minutes of one request per second."""
THEN = 1_790_000_040


@pytest.fixture
def former(path: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FORMER.read_text())
    return path


@pytest.mark.parametrize("units", [None, UNITS])
def test_a_history_of_version_1_is_converted_when_it_is_opened(former: str, units: dict[str, str] | None) -> None:
    for _ in range(2):  # it is converted only once
        with closing(SqliteArchive(former, Retention(), units, UTC)) as archive:
            top = archive.top("top_sections", THEN, THEN + 120, 9)
            rows = dict(top.rows)
            sent = dict(archive.top("uploaded_per_domain", THEN, THEN + 120, 9).rows)
            [(server, slow)] = archive.top("server_response_time", THEN, THEN + 120, 9).rows
    assert (top.whole.count, len(rows)) == (120, 6)
    assert (rows["host0/0"].count, rows["host0/0"].bytes, rows["host0/0"].timed) == (20, 21_140, 20)
    assert rows["host1/0"].average == 0.25
    assert rows["host1/0"].times.quantile(0.5) == pytest.approx(0.25, rel=0.02)
    assert {key: sums.bytes for key, sums in sent.items()} == {"host0": 4140, "host1": 4200}
    assert (server, slow.count) == ("10.0.0.2:80", 120)
    assert slow.seconds == pytest.approx(400_065.21, abs=0.01)
    assert slow.times.slowest == pytest.approx(1e4, rel=ERROR)


def test_a_history_of_version_2_counted_no_errors(path: str) -> None:
    with closing(SqliteArchive(path, Retention(), UNITS, UTC)) as archive:
        archive.write(minute(0, cart=7))
    with closing(sqlite3.connect(path)) as connection:
        for column in ("client_errors", "server_errors"):
            connection.execute(f"ALTER TABLE sums DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 2")
    with closing(SqliteArchive(path, Retention(), UNITS, UTC)) as archive:
        archive.write(Minute(START, {"top_sections": {"cart": Sums(1, server_errors=1)}}))
        [(_, cart)] = archive.top("top_sections", START, START + 60, 9).rows
    assert (cart.count, cart.client_errors, cart.server_errors) == (8, 0, 1)


def test_a_converted_history_can_be_added_to(former: str) -> None:
    with closing(SqliteArchive(former, Retention(), UNITS, UTC)) as archive:
        archive.write(Minute(THEN, {"top_sections": {"host0/0": hits(5)}}))
        assert counts(archive, THEN, THEN + 60)["host0/0"] == 15
