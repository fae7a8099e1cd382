"""The project's own tables, target and reader on the two replicas of `bench.cluster`, by clickhouse-driver."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from bench.cluster import CLUSTER, HOST, Cluster, Replica
from bench.driver_door import DriverDoor
from bench.network import wait
from bench.simulated import UNITS
from history.address import CLICKHOUSE, DATABASE, StoreAddress
from history.clickhouse.migration import planned
from history.clickhouse.schema import Days, Place
from history.clickhouse.target import ClickhouseTarget
from history.record import StoreError

KEEP: Final = Days(buckets=3, minutes=30, hours=400, days=4000)
PAIR: Final = Place(DATABASE, CLUSTER)
"""Where the tables are."""


def address(port: int, place: Place = PAIR) -> StoreAddress:
    """Return the address of a replica by the port of its native protocol."""
    return StoreAddress(CLICKHOUSE, HOST, port, "default", place.database, place.cluster, tls=False)


def open_target(port: int, place: Place = PAIR) -> ClickhouseTarget:
    """Return the target that sensors use, through a replica."""
    where = address(port, place)
    return ClickhouseTarget(where, "", UNITS, DriverDoor(where))


def make_tables(port: int, place: Place = PAIR) -> None:
    """Make the tables as `store init` does."""
    door = DriverDoor(address(port, place))
    for statement in planned(door, place, KEEP):
        door.command(statement.sql)
    door.close()


def synchronise(cluster: Cluster, seconds: float = 120.0) -> None:
    """Wait until all replicas have everything."""
    for replica in cluster.replicas:
        wait(partial(has_caught_up, replica), "the replica to catch up", seconds, 0.1)
        door = DriverDoor(address(replica.native))
        for name in _replicated(door):
            door.command(f"SYSTEM SYNC REPLICA {PAIR.table(name)}")
        door.close()


def has_caught_up(replica: Replica) -> bool:
    """Return whether a replica can be written to, and has, but for the last insert, what the other has.

    While it takes its place after a start, it is not active yet.
    """
    door = DriverDoor(address(replica.native))
    try:
        found = door.query(
            "SELECT max(is_readonly), max(is_session_expired), sum(queue_size), max(log_max_index > log_pointer),"
            " max(active_replicas < total_replicas)"
            " FROM system.replicas WHERE database = {database:String}",
            {"database": PAIR.database},
        )
    except StoreError:
        return False
    finally:
        door.close()
    return bool(found) and not any(column[0] for column in found)


def _replicated(door: DriverDoor) -> Sequence[str]:
    sql = "SELECT table FROM system.replicas WHERE database = {database:String} ORDER BY table"
    names: Sequence[str] = door.query(sql, {"database": PAIR.database})[0]
    return names
