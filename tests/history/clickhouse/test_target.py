"""Sending to ClickHouse: hostile names, and what is there when a record is."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from clickhouse_server import AddressOf
from fleet_contract import added, given_by
from sensor_records import bucket, record

from history.clickhouse import arrivals
from history.clickhouse.connect import ConnectDoor
from history.clickhouse.dialect import Dialect
from history.clickhouse.door import Column
from history.clickhouse.reading import ClickhouseFleet
from history.clickhouse.schema import ALERTS, RECORDS, SUMS, Place
from history.clickhouse.target import ClickhouseTarget
from history.record import Level, SensorRecord, StoreError
from history.sums import StoredAlert
from store.sums import Sums

START = time.time() // 86400 * 86400 - 86400
HOSTILE = (
    "'; DROP TABLE buckets; --",
    "quo'te\"s`",
    "back\\slash\\'",
    "new\nline\ttab\rreturn",
    "nul\0in\0side",
    "{statistic:String}",
    "half \ud800 pair",
    "é😀\u202e\x1b[31m",
    "x" * 5000,
    "",
    " ",
)
NAMES = {name[:256].encode("utf-8", "replace").decode() for name in HOSTILE}


@pytest.fixture
def target(address_of: AddressOf, place: Place) -> Iterator[ClickhouseTarget]:
    made = ClickhouseTarget(address_of("sensor"), "let me in")
    yield made
    made.close()


@pytest.fixture
def fleet(address_of: AddressOf, place: Place) -> Iterator[ClickhouseFleet]:
    made = ClickhouseFleet(address_of("reader"), "read only", clock=lambda: START + 2 * 86400)
    yield made
    made.close()


def counting(sequence: int, **keys: int) -> SensorRecord:
    """Return a record of a bucket in which keys were counted."""
    counted = {key: Sums(count) for key, count in keys.items()}
    return record(sequence, bucket(START + 10 * sequence, top_sections=counted))


def named(name: str, number: int) -> SensorRecord:
    """Return a record with a name wherever one can be."""
    one = record(1, bucket(START, 10, **{name: {key: Sums(1) for key in HOSTILE}}))
    facts = one.facts._replace(vantage=name, source=name, version=name)
    series = one.series._replace(sensor=name, spool=number)
    return one._replace(series=series, facts=facts, alerts=(StoredAlert(name, START + number, None, name),))


def test_hostile_names_are_only_text(target: ClickhouseTarget, fleet: ClickhouseFleet) -> None:
    sent = [named(name, number) for number, name in enumerate(HOSTILE, 1)]
    cursor = fleet.arrived(None).cursor
    target.send(sent)
    target.send(sent)
    found = fleet.arrived(cursor)
    assert {part.name for each in found.buckets for part in each.statistics} == NAMES
    assert all(set(part.keyed.keys) == NAMES for each in found.buckets for part in each.statistics)
    assert all(sum(given_by(found.buckets, name).values()) == len(HOSTILE) for name in NAMES)
    assert set(fleet.statistics()) == NAMES
    assert {(sensor, alert.signal) for sensor, alert in fleet.sensor_alerts(START)} == {(name, name) for name in NAMES}


def test_hostile_names_can_be_asked_for(
    target: ClickhouseTarget, fleet: ClickhouseFleet, door: ConnectDoor, place: Place
) -> None:
    target.send([named(name, number) for number, name in enumerate(HOSTILE, 1)])
    for name in NAMES:
        query = f"SELECT signal FROM {place.table(ALERTS)} WHERE sensor = {{name:String}}"
        assert door.query(query, {"name": name}) == [[name]]
        assert fleet.of([name]).sensor_alerts(START)[0].alert.signal == name


def copied(door: ConnectDoor, place: Place, sequence: int, ago: int) -> None:
    """Copy the row of the first record, as that of another which arrived a while ago."""
    records = place.table(RECORDS)
    begin = f"toDateTime({int(START) + 10 * sequence})"
    change = f"{sequence} AS sequence, {begin} AS start, {begin} + 10 AS until, now64(3) - {ago} AS received"
    age = f"toUInt32(4294967295 - toUInt32(now() - {ago})) AS age"  # as by default
    first = f"(SELECT * FROM {records} WHERE level = 0 AND sequence = 1)"
    door.command(f"INSERT INTO {records} SELECT * REPLACE ({change}, {age}) FROM {first}")
    assert door.query(f"SELECT count() FROM {records} WHERE sequence = {sequence}") == [[1]]


def test_a_record_is_read_once_its_sums_are_there(
    target: ClickhouseTarget, fleet: ClickhouseFleet, door: ConnectDoor, place: Place
) -> None:
    cursor = fleet.arrived(None).cursor
    target.send([counting(1, a=1)])
    copied(door, place, 2, ago=0)
    first = fleet.arrived(cursor)
    assert given_by(first.buckets) == {"a": 1}
    assert fleet.arrived(first.cursor).buckets == ()
    target.send([counting(2, b=1)])
    assert given_by(fleet.arrived(first.cursor).buckets) == {"b": 1}


def test_what_a_replica_shows_late_is_still_read(
    target: ClickhouseTarget, fleet: ClickhouseFleet, door: ConnectDoor, place: Place
) -> None:
    cursor = fleet.arrived(None).cursor
    target.send([counting(1, a=1)])
    first = fleet.arrived(cursor)
    assert given_by(first.buckets) == {"a": 1}
    buckets = place.table("buckets")
    change = f"2 AS sequence, toDateTime({int(START) + 20}) AS start"
    door.command(f"INSERT INTO {buckets} SELECT * REPLACE ({change}) FROM (SELECT * FROM {buckets} WHERE sequence = 1)")
    copied(door, place, 2, ago=300)
    late = fleet.arrived(first.cursor)
    assert given_by(late.buckets) == {"a": 1}
    assert fleet.arrived(late.cursor).buckets == ()


def test_what_is_sent_again_long_after_its_first_arrival_is_not_read_again(
    target: ClickhouseTarget, fleet: ClickhouseFleet, door: ConnectDoor, place: Place
) -> None:
    target.send([counting(1, a=1)])
    copied(door, place, 2, ago=3600)
    cursor = fleet.arrived(None).cursor
    target.send([counting(2, b=1), counting(3, c=1)])
    found = fleet.arrived(cursor)
    assert given_by(found.buckets) == {"c": 1}
    assert fleet.arrived(found.cursor).buckets == ()


def test_a_backlog_is_read_in_pieces_the_latest_first(
    target: ClickhouseTarget, fleet: ClickhouseFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "MOST", 3)
    cursor = fleet.arrived(None).cursor
    target.send([counting(sequence, **{f"k{sequence}": 1}) for sequence in range(1, 9)])
    pieces = []
    for _ in range(4):
        found = fleet.arrived(cursor)
        cursor = found.cursor
        pieces.append(sorted(given_by(found.buckets)))
    assert pieces == [["k6", "k7", "k8"], ["k3", "k4", "k5"], ["k1", "k2"], []]


def test_a_backlog_beyond_the_limit_is_said_to_be_lost(
    target: ClickhouseTarget, fleet: ClickhouseFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "MAX_WAITING", 5)
    cursor = fleet.arrived(None).cursor
    target.send([counting(sequence, **{f"k{sequence}": 1}) for sequence in range(1, 9)])
    found = fleet.arrived(cursor)
    assert sorted(given_by(found.buckets)) == ["k4", "k5", "k6", "k7", "k8"]
    assert fleet.warnings == ("3 records came faster than they could be read",)
    assert fleet.arrived(found.cursor).buckets == ()


class BrokenDoor:
    """A door that breaks after a number of inserts, and notes what it was asked for."""

    def __init__(self, door: ConnectDoor, inserts: int) -> None:
        self._door = door
        self._left = inserts
        self.tables: list[str] = []
        self.tokens: list[str] = []

    @property
    def dialect(self) -> Dialect:
        return self._door.dialect

    def query(self, sql: str, parameters: Any = None) -> list[Sequence[Any]]:
        raise AssertionError("a sensor may not select")

    def insert(self, table: str, columns: Sequence[Column], values: Sequence[Sequence[Any]], token: str = "") -> None:
        if not self._left:
            raise StoreError("broken")
        self._left -= 1
        self.tables.append(table.partition(".")[2])
        self.tokens.append(token)
        self._door.insert(table, columns, values, token)

    def command(self, sql: str) -> None:
        raise AssertionError("a sensor may only insert")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("inserts", range(5))
def test_what_breaks_in_the_middle_is_sent_again_and_counts_once(
    inserts: int, address_of: AddressOf, door: ConnectDoor, fleet: ClickhouseFleet
) -> None:
    alert = StoredAlert("requests", START, None, "{}")
    sums = counting(1, a=3)
    hour = record(1, bucket(START, 3600, top_sections={"a": Sums(3)}), series=sums.series._replace(level=Level.HOUR))
    batch = [sums._replace(alerts=(alert,)), hour]
    broken = BrokenDoor(door, inserts)
    cursor = fleet.arrived(None).cursor
    with pytest.raises(StoreError):
        ClickhouseTarget(address_of("sensor"), "", door=broken).send(batch)
    assert fleet.arrived(cursor).buckets == ()
    whole = BrokenDoor(door, 9)
    ClickhouseTarget(address_of("sensor"), "", door=whole).send(batch)
    assert whole.tables == ["statistics", "buckets", "hours", "alerts", "records"]
    assert whole.tables[:inserts] == broken.tables
    assert whole.tokens[:inserts] == broken.tokens
    assert given_by(fleet.arrived(cursor).buckets) == {"a": 3}
    assert fleet.top("top_sections", START, START + 3600, 1).whole.count == 3
    assert len(fleet.alerts(START)) == 1


def test_units_are_sent_once(address_of: AddressOf, door: ConnectDoor, place: Place) -> None:
    noting = BrokenDoor(door, 9)
    target = ClickhouseTarget(address_of("sensor"), "", {"top_sections": "bytes"}, noting)
    target.send([counting(1, a=1)])
    target.send([counting(2, a=1)])
    assert noting.tables == ["statistics", SUMS[Level.BUCKET], RECORDS, SUMS[Level.BUCKET], RECORDS]
    assert door.query(f"SELECT name, unit FROM {place.table('statistics')}") == [["top_sections"], ["bytes"]]


def test_each_choice_has_a_past_of_its_own(target: ClickhouseTarget, fleet: ClickhouseFleet) -> None:
    target.send([counting(1, a=1)])
    first = fleet.arrived(None).cursor
    target.send([counting(2, b=1)])
    again = fleet.of(["web-1"])
    second = again.arrived(None).cursor
    target.send([counting(3, c=1)])
    assert given_by(again.past(START, START + 3600)) == {"a": 1, "b": 1}
    assert given_by(again.arrived(second).buckets) == {"c": 1}
    assert given_by(fleet.arrived(first).buckets) == {"b": 1, "c": 1}


def test_the_past_goes_on_where_an_error_ended_it(target: ClickhouseTarget, fleet: ClickhouseFleet) -> None:
    times = range(0, 20_000, 1000)
    sums = [bucket(START + at, top_sections={f"at{at}": Sums(1)}) for at in times]
    target.send([record(place, each) for place, each in enumerate(sums, 1)])
    minutes = [each._replace(start=each.start // 60 * 60, width=60.0) for each in sums[:-5]]
    series = record(1).series._replace(level=Level.MINUTE)
    target.send([record(1, *minutes, series=series, through=len(minutes))])
    hours = added(minutes, 3600)
    target.send([record(1, *hours, series=series._replace(level=Level.HOUR), through=1)])
    fleet.arrived(None)
    found = []
    until = START + 86400
    while given := next(fleet.past(START, until), None):
        found.append(given)
        until = given.start
    assert given_by(found) == {f"at{at}": 1 for at in times}
    assert given_by(fleet.past(START, START + 86400)) == given_by(found)
