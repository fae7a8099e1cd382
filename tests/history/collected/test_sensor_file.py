"""A sensor's file: each bucket record counts once, in minute, hour and day, in a file that `report` reads."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timezone
from pathlib import Path

import pytest
from sensor_records import SERIES, SIZE, bucket, record

from history.archive import SqliteArchive
from history.collected import tables
from history.collected.sensor_file import AHEAD, Encoded, SensorFile
from history.database import HistoryError
from history.keep import Retention
from history.periods import PeriodLevel
from history.record import SensorRecord, StoreError
from history.record_codec import encode
from history.sums import StoredAlert
from store.distribution import Distribution
from store.sums import Sums

UTC = timezone.utc
START = 1_795_000_000 // 86400 * 86400.0
UNITS = {"request_rate": "hits", "top_sections": "hits", "sent": "bytes"}
TIMED = Sums(2, 300, 0.5, Distribution(((7, 1), (40, 1))), 1, 0)


def counting(sequence: int, count: int = 1) -> SensorRecord:
    """Return the record of the bucket `sequence`, with so many requests."""
    start = START + 10 * sequence
    sums = {"request_rate": {"requests": Sums(count, 10 * count)}, "top_sections": {"/a": Sums(count), "/b": TIMED}}
    return record(sequence, bucket(start, SIZE, **sums, **{"(watched)": {"0": Sums(seconds=10.0)}}))


def encoded(*records: SensorRecord) -> list[Encoded]:
    return [(each, encode(each)) for each in records]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "web-1.db")


@pytest.fixture
def file(path: str) -> Iterator[SensorFile]:
    with closing(SensorFile(path, Retention(), UNITS, 3600, UTC)) as opened:
        yield opened


def totals(path: str, statistic: str = "request_rate", level: PeriodLevel = PeriodLevel.MINUTE) -> dict[float, int]:
    with closing(SqliteArchive(path, Retention(), zone=UTC)) as archive:
        return {start - START: sums.count for start, sums in archive.totals(statistic, level, 0, START + 1e8)}


def rows(path: str, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def test_buckets_become_minutes_hours_and_days(file: SensorFile, path: str) -> None:
    assert file.take(encoded(*map(counting, range(1, 13))), START + 130) == (12, 0)
    assert totals(path) == {0: 5, 60: 6, 120: 1}
    assert totals(path, level=PeriodLevel.HOUR) == totals(path, level=PeriodLevel.DAY) == {0: 12}
    with closing(SqliteArchive(path, Retention(), zone=UTC)) as archive:
        assert archive.statistics() == {"request_rate": "hits", "top_sections": "hits"}
        top = archive.top("top_sections", START, START + 180, 1)
        assert (top.rows, top.whole.count) == ([("/b", Sums(24, 3600, 6.0, Distribution(((7, 12), (40, 12))), 12))], 36)
        assert archive.watched(START, START + 3600) == 120


def test_records_count_once_however_often_and_in_which_order_they_come(file: SensorFile, path: str) -> None:
    records = [counting(number, number) for number in range(1, 40)]
    chance = random.Random(1)
    for _ in range(60):
        file.take(encoded(*chance.sample(records, 3)), START + 500)
    file.take(encoded(*records), START + 500)
    assert file.take(encoded(*records, *records), START + 500) == (0, 78)
    assert sum(totals(path).values()) == sum(range(1, 40))
    assert rows(path, "SELECT spool, first, last FROM applied") == [(SERIES.spool, 1, 39)]


def test_the_same_record_twice_in_a_batch_counts_once(file: SensorFile, path: str) -> None:
    assert file.take(encoded(counting(1), counting(1)), START + 20) == (1, 1)
    assert totals(path) == {0: 1}


def test_a_sensor_that_is_set_up_again_starts_anew(file: SensorFile, path: str) -> None:
    again = counting(1)._replace(series=SERIES._replace(spool=99))
    file.take(encoded(counting(1)), START + 20)
    assert file.take(encoded(again), START + 30) == (1, 0)
    assert totals(path) == {0: 2}


def test_spools_are_forgotten_that_were_silent_longest(
    file: SensorFile, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_SPOOLS", 2)
    for number, spool in enumerate((30, 10, 20)):
        file.take(encoded(counting(1)._replace(series=SERIES._replace(spool=spool))), START + number)
    assert rows(path, "SELECT spool FROM applied ORDER BY spool") == [(10,), (20,)]


def test_what_signals_count_is_only_in_recent_records(file: SensorFile, path: str) -> None:
    one = record(1, bucket(START, SIZE, **{"signals.rate": {"x": Sums(3)}, "(health)": {"frames": Sums(7)}}))
    file.take(encoded(one), START + 20)
    assert rows(path, "SELECT name FROM statistic ORDER BY name") == [("(health)",), ("(watched)",)]
    assert rows(path, "SELECT record FROM recent") == [(encode(one),)]
    with closing(SqliteArchive(path, Retention(), zone=UTC)) as archive:
        assert archive.statistics() == {}
        assert dict(archive.every("(health)", START, START + 60).rows)["frames"].count == 7


def test_recent_records_are_kept_for_a_while_and_numbers_are_never_used_again(file: SensorFile, path: str) -> None:
    file.take(encoded(counting(1), counting(2)), START + 30)
    file.take(encoded(counting(3)), START + 4000)
    assert rows(path, "SELECT number FROM recent") == [(3,)]
    assert rows(path, "SELECT forgotten FROM sensor") == [(START + 30,)]
    assert file.take(encoded(counting(1)), START + 4010) == (0, 1)  # it is known for longer


def test_an_alert_that_ended_stays_so_though_its_begin_comes_later(file: SensorFile, path: str) -> None:
    begun, ended = StoredAlert("rate", START, None, "begun"), StoredAlert("rate", START, START + 60, "ended")
    file.take(encoded(record(2, alerts=(ended,))), START + 70)
    file.take(encoded(record(1, alerts=(begun,))), START + 80)
    assert rows(path, "SELECT * FROM alert") == [tuple(ended)]


def test_the_state_is_the_last_word_and_not_that_of_late_records(file: SensorFile, path: str) -> None:
    late = counting(1)._replace(facts=counting(1).facts._replace(version="0.1.0"))
    file.take(encoded(counting(5)), START + 61)
    file.take(encoded(late), START + 400)
    with closing(SqliteArchive(path, Retention())) as archive:
        state = tables.state(archive.database, "web-1")
    assert (state.facts.version, state.latest, state.received) == ("0.2.0", START + 60, START + 400)
    assert state.skew == 0.0  # of the record that was not late: it was written at START + 61


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (record(1, bucket(START + AHEAD + 4000, top_sections={"/a": Sums(1)})), "the clock of web-1 is 2 h ahead"),
        (record(1, bucket(START, top_sections={"/a": Sums(2**50)})), "top_sections of web-1 is corrupt"),
        (record(1, bucket(START, top_sections={"other": Sums(2**50)})), "top_sections of web-1 is corrupt"),
        (record(1, bucket(START, top_sections={"/a": Sums(1, seconds=1e9)})), "top_sections of web-1 is corrupt"),
        (
            record(1, bucket(START, top_sections={f"/{n}": Sums(2**42) for n in range(99)})),
            "top_sections of web-1 is corrupt",
        ),
        (
            record(1, bucket(START, top_sections={"/a": Sums(1, times=Distribution(((1, 2**50),)))})),
            "top_sections of web-1 is corrupt",
        ),
        (record(1, bucket(START, SIZE, **{"(watched)": {"9" * 250: Sums(1)}})), r"\(watched\) of web-1 is corrupt"),
        (
            record(1, bucket(START, SIZE, **{f"x{number}": {"a": Sums(1)} for number in range(501)})),
            "more than 500 statistics",
        ),
    ],
)
def test_what_would_harm_the_file_is_refused(file: SensorFile, path: str, wrong: SensorRecord, said: str) -> None:
    with pytest.raises(StoreError, match=said) as refused:
        file.take(encoded(counting(2), wrong), START)
    assert refused.value.refused
    assert rows(path, "SELECT * FROM applied") == []


def test_a_file_of_another_version_is_refused(file: SensorFile, path: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE sensor SET version = 2")
    database.close()
    with pytest.raises(HistoryError, match="not those of this version of the collector"):
        SensorFile(path, Retention(), UNITS, 3600)


def test_the_history_of_one_host_can_be_continued(path: str) -> None:
    SqliteArchive(path, Retention(), {"request_rate": "hits"}, UTC).close()
    with closing(SensorFile(path, Retention(), UNITS, 3600, UTC)) as file:
        file.take(encoded(counting(1)), START + 20)
    assert totals(path) == {0: 1}
