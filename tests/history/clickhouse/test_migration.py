"""Making and changing the tables, on a server."""

from collections.abc import Sequence

import pytest
from clickhouse_server import KEEP as DAYS

from history.clickhouse.connect import ConnectDoor
from history.clickhouse.dialect import OF_2018, TODAY, Dialect, dialect_of
from history.clickhouse.migration import STEPS, State, Step, current, planned, require_version
from history.clickhouse.schema import Days, Place, Statement, creation, tables
from history.record import StoreError

KEEP = Days(*DAYS)


def run(door: ConnectDoor, statements: Sequence[Statement]) -> None:
    for statement in statements:
        door.command(statement.sql)


def test_tables_are_made_once(door: ConnectDoor, place: Place) -> None:
    assert planned(door, place, KEEP) == []
    assert current(door, place) == State(1, "5 5 60 731")
    found = door.query("SELECT name FROM system.tables WHERE database = {name:String}", {"name": place.database})
    assert set(found[0]) == {"buckets", "minutes", "hours", "days", "records", "alerts", "statistics", "meta"}


def test_an_interrupted_creation_goes_on(door: ConnectDoor, address_of: object) -> None:
    place = Place("interrupted")
    run(door, planned(door, place, KEEP)[:4])
    run(door, planned(door, place, KEEP))
    assert current(door, place).version == 1


def test_changed_settings_change_when_rows_are_deleted(door: ConnectDoor, place: Place) -> None:
    longer = Days(3, 5, 90, 1000)
    changes = planned(door, place, longer)
    assert [change.purpose for change in changes[-2:]] == [
        "table alerts: alerts of the sensors, kept for 1000 days",
        "note days: 3 5 90 1000",
    ]
    run(door, changes)
    assert planned(door, place, longer) == []
    made = door.query(
        f"SELECT create_table_query FROM system.tables WHERE database = '{place.database}' AND name = 'hours'"
    )
    assert "TTL start + toIntervalDay(90)" in made[0][0]


def added(dialect: Dialect, place: Place, keep: Days) -> list[Statement]:
    return [Statement("a column", f"ALTER TABLE {place.local('hours')} ADD COLUMN IF NOT EXISTS more UInt8")]


def test_tables_of_an_earlier_version_are_changed(door: ConnectDoor, place: Place) -> None:
    later = (*STEPS, Step(2, added))
    with pytest.raises(StoreError, match=r"are of version 1, not 2; run: exercise.py store init"):
        require_version(door, place, later)
    assert [change.purpose for change in planned(door, place, KEEP, later)] == ["a column", "note version: 2"]
    run(door, planned(door, place, KEEP, later))
    require_version(door, place, later)
    assert door.query(f"SELECT count(more) FROM {place.table('hours')}") == [[0]]
    with pytest.raises(StoreError, match=r"are of version 2, this program knows 1; install"):
        planned(door, place, KEEP)
    with pytest.raises(StoreError, match=r"are of version 2, this program knows 1; install"):
        require_version(door, place)


def test_a_reader_without_tables_is_told_how_to_make_them(door: ConnectDoor) -> None:
    with pytest.raises(StoreError, match=r"nowhere has no tables; run: exercise.py store init"):
        require_version(door, Place("nowhere"))


def test_the_dialect_follows_the_version() -> None:
    assert dialect_of("26.9.2.1") is TODAY
    assert dialect_of("24.3.1") is TODAY
    assert dialect_of("18.16.1") is OF_2018
    assert dialect_of("") is OF_2018


def test_a_cluster_has_local_tables_and_one_over_all_shards() -> None:
    found = {table.name: creation(table, TODAY, Place("web", "pair")) for table in tables(TODAY, KEEP)}
    local, over = found["minutes"]
    assert "CREATE TABLE IF NOT EXISTS web.minutes_local ON CLUSTER pair (" in local.sql
    assert "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/web/minutes', '{replica}')" in local.sql
    assert over.sql.endswith("ENGINE = Distributed(pair, web, minutes_local, cityHash64(sensor))")
    (meta,) = found["meta"]
    assert "ReplicatedReplacingMergeTree('/clickhouse/tables/all/web/meta', '{shard}-{replica}', written)" in meta.sql


def test_the_server_of_2018_gets_no_word_that_it_does_not_know() -> None:
    text = "\n".join(
        each.sql for table in tables(OF_2018, KEEP) for each in creation(table, OF_2018, Place("web", "pair"))
    )
    for word in ("TTL", "CODEC", "LowCardinality", "DateTime64", "ttl_only"):
        assert word not in text
