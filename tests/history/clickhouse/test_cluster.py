"""The project's tables and records on two replicas and ZooKeeper: real servers, killed with -9."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

pytest.importorskip("clickhouse_driver", reason="clickhouse-driver of requirements-dev.txt is not installed")

from bench import cluster as beds
from bench.cluster import Cluster
from bench.driver_door import DriverDoor
from bench.network import wait
from bench.pair import KEEP, PAIR, address, has_caught_up, make_tables, open_target, synchronise
from history.clickhouse.migration import planned
from history.clickhouse.reading import ClickhouseFleet
from history.record import Facts, Level, SensorRecord, Series, StoreError
from store.sums import NOTHING, ClosedBucket, KeyedSums, StatisticSums, Sums

START = int(time.time()) // 10 * 10 - 1800
FACTS = Facts("edge", "eth0 port 80", "0.2.0", 10)
NUMBERS = count(1)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if why := beds.why_not():
        pytest.skip(why)
    with beds.cluster(tmp_path_factory.mktemp("cluster")) as made:
        make_tables(made.replicas[0].native)
        yield made


@pytest.fixture
def sensor(servers: Cluster) -> str:
    """Return a new sensor's name. All servers run when a test begins."""
    for each in (servers.zookeeper, *servers.replicas):
        if not each.runs:
            each.start()
    for replica in servers.replicas:
        wait(lambda replica=replica: has_caught_up(replica), "the replicas", seconds=30, step=0.1)  # type: ignore[misc]
    return f"web-{next(NUMBERS)}"


def record(sensor: str, sequence: int, keys: int = 2) -> SensorRecord:
    """Return a bucket of a sensor, with `keys` requests of `sequence` each."""
    keyed = KeyedSums.of_items((f"shop/{key}", Sums(sequence, 100, 0.5)) for key in range(keys))
    bucket = ClosedBucket(START + 10 * sequence, 10, (StatisticSums("top_paths", keyed, NOTHING),))
    return SensorRecord(Series(sensor, 7, Level.BUCKET), sequence, 0, bucket.start + 10, FACTS, (bucket,))


def send(servers: Cluster, which: int, *records: SensorRecord) -> None:
    target = open_target(servers.replicas[which].native)
    try:
        target.send(records)
    finally:
        target.close()


def asked(servers: Cluster, which: int, sql: str, sensor: str = "") -> int:
    door = DriverDoor(address(servers.replicas[which].native))
    try:
        return int(door.query(sql, {"sensor": sensor})[0][0])
    finally:
        door.close()


def counted(servers: Cluster, which: int, sensor: str) -> int:
    """Return the requests of a sensor that a replica itself has, without asking the other."""
    sql = f"SELECT sum(count) FROM {PAIR.local('buckets')} FINAL WHERE sensor = {{sensor:String}}"
    return asked(servers, which, sql, sensor)


def test_all_tables_are_made_once_on_both_replicas(servers: Cluster, sensor: str) -> None:
    for replica in servers.replicas:
        door = DriverDoor(address(replica.native))
        assert planned(door, PAIR, KEEP) == []
        door.close()


def test_what_one_replica_took_is_on_the_other(servers: Cluster, sensor: str) -> None:
    send(servers, 0, record(sensor, 3))
    synchronise(servers)
    assert [counted(servers, which, sensor) for which in (0, 1)] == [6, 6]


def test_a_record_sent_again_in_another_batch_and_to_the_other_replica_counts_once(
    servers: Cluster, sensor: str
) -> None:
    """In another batch it is another block, which the server does not recognise, as it would not after an hour."""
    for replica in servers.replicas:
        door = DriverDoor(address(replica.native))
        door.command("SYSTEM STOP MERGES")
        door.close()
    send(servers, 0, record(sensor, 1))
    send(servers, 1, record(sensor, 1), record(sensor, 2))
    send(servers, 0, record(sensor, 3), record(sensor, 1))
    synchronise(servers)
    rows = f"SELECT count() FROM {PAIR.local('buckets')} WHERE sensor = {{sensor:String}}"
    assert [asked(servers, which, rows, sensor) for which in (0, 1)] == [10, 10]
    assert [counted(servers, which, sensor) for which in (0, 1)] == [12, 12]
    for replica in servers.replicas:
        door = DriverDoor(address(replica.native))
        door.command("SYSTEM START MERGES")
        door.close()


@pytest.mark.slow
def test_a_replica_killed_while_it_inserts_loses_nothing_and_catches_up(servers: Cluster, sensor: str) -> None:
    records = [record(sensor, sequence, keys=1000) for sequence in range(1, 21)]
    with ThreadPoolExecutor(1) as pool:
        sending = [pool.submit(send, servers, 1, each) for each in records]
        wait(lambda: sending[3].done(), "some records", step=0.005)
        servers.replicas[1].kill()
        failed = [each for each, result in zip(records, sending, strict=True) if result.exception() is not None]
    assert failed
    assert len(failed) < len(records)
    assert all(isinstance(result.exception(), StoreError) for result in sending if result.exception() is not None)
    send(servers, 0, *failed)
    alone = "SELECT max(active_replicas) FROM system.replicas"
    wait(lambda: asked(servers, 0, alone) == 1, "the end of its session", step=0.1)
    servers.replicas[1].start()
    wait(lambda: has_caught_up(servers.replicas[1]), "the killed replica", seconds=60, step=0.1)
    synchronise(servers)
    expected = 1000 * sum(range(1, 21))
    assert [counted(servers, which, sensor) for which in (0, 1)] == [expected, expected]


@pytest.mark.slow
def test_without_zookeeper_inserts_are_refused_reads_go_on_and_everything_arrives_after(
    servers: Cluster, sensor: str
) -> None:
    send(servers, 0, record(sensor, 1))
    servers.zookeeper.kill()

    def refusal() -> StoreError:
        with pytest.raises(StoreError) as raised:
            send(servers, 0, record(sensor, 2))
        return raised.value

    # Until its session ends, the server says that it lost the connection.
    wait(lambda: "read-only because the server cannot reach" in str(refusal()), "the end of the session", step=0.2)
    assert not refusal().refused
    assert counted(servers, 0, sensor) == 2
    servers.zookeeper.start()
    wait(lambda: has_caught_up(servers.replicas[0]), "the server to write again", seconds=60, step=0.1)
    send(servers, 0, record(sensor, 2))
    synchronise(servers)
    assert [counted(servers, which, sensor) for which in (0, 1)] == [6, 6]


def test_any_replica_answers_a_reader(servers: Cluster, sensor: str) -> None:
    bucket = record(sensor, 4)
    minute = bucket.buckets[0]._replace(start=START // 60 * 60, width=60)
    send(servers, 0, bucket)
    send(servers, 1, bucket._replace(series=Series(sensor, 7, Level.MINUTE), sequence=1, through=4, buckets=(minute,)))
    synchronise(servers)
    for replica in servers.replicas:
        where = address(replica.native)
        fleet = ClickhouseFleet(where, "", DriverDoor(where))
        own = fleet.of([sensor])
        assert next(each for each in fleet.sensors() if each.name == sensor).facts == FACTS
        assert own.arrived(None).buckets == ()
        assert sum(sums.count for bucket in own.past(START - 60, START + 3600) for _, sums in items(bucket)) == 8
        top = own.top("top_paths", START - 60, START + 60, 1)
        assert (top.rows[0][0], top.rows[0][1].count, top.whole.count) == ("shop/0", 4, 8)
        assert own.periods("top_paths", START - 60, START + 60)[0][1].count == 8
        fleet.close()


def items(bucket: ClosedBucket) -> list[tuple[str, Sums]]:
    return [pair for each in bucket.statistics if each.name == "top_paths" for pair in each.keyed.items()]
