"""The server of a collector: what it stores, what it refuses, and that nobody can exhaust it."""

import http.client
import resource
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from collector_scene import OTHER_TOKEN, START, TOKEN, Scene, batch_of, collector, counting

from fleet import collecting
from fleet import collector as server
from fleet.batch import MAX_BATCH, PATH, batches
from history.archive import SqliteArchive
from history.collected.reading import CollectedFleet
from history.keep import Retention
from history.periods import PeriodLevel
from history.record import Level
from history.record_codec import MAX_BYTES

HEAD = f"POST {PATH} HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\n".encode()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with collector(tmp_path / "sensors") as made:
        yield made


def stored(scene: Scene, sensor: str = "web-1") -> int:
    """Return the requests of a sensor."""
    with closing(SqliteArchive(str(scene.path / f"{sensor}.db"), Retention())) as archive:
        return sum(sums.count for _, sums in archive.totals("request_rate", PeriodLevel.DAY, 0, START + 1e8))


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_records_are_stored_once(scene: Scene) -> None:
    assert scene.post(batch_of(counting(1), counting(2))) == (204, "")
    assert scene.post(batch_of(counting(2), counting(3))) == (204, "")
    assert stored(scene) == 3


def test_what_was_counted_is_one_line(scene: Scene) -> None:
    scene.post(batch_of(counting(1), counting(1)))
    scene.post(b"x", token="wrong")
    scene.post(b"x")
    body = batch_of(counting(1), counting(1))
    line = scene.collecting.summary()
    assert line == f"1 sensor: {len(body)} bytes, 1 malformed, 1 records, 1 repeated records, 1 wrong token"
    assert scene.collecting.summary() == ""


def test_a_sensor_cannot_write_as_another(scene: Scene) -> None:
    both = batch_of(counting(1), counting(1, "db-1"))
    assert scene.post(both) == (403, "this token is not for db-1\n")
    assert list(scene.path.glob("*.db")) == []
    assert scene.post(batch_of(counting(1, "db-1")), OTHER_TOKEN) == (204, "")
    assert stored(scene, "db-1") == 1


def test_longer_periods_are_acknowledged_and_ignored(scene: Scene) -> None:
    hour = counting(1)._replace(through=3)
    hour = hour._replace(series=hour.series._replace(level=Level.HOUR), buckets=())
    assert scene.post(batch_of(hour)) == (204, "")
    assert list(scene.path.glob("*.db")) == []


@pytest.mark.parametrize(
    ("body", "headers", "path", "status"),
    [
        (b"", {}, "/other", 404),
        (b"\0\0\0\x01", {}, PATH, 400),
        (b"\0\0\0\x04abcd", {}, PATH, 400),
        (batch_of(counting(1))[:-1], {}, PATH, 400),
        (b"\0\0\0\0" * 201, {}, PATH, 400),
        (b"", {"Content-Length": "-1"}, PATH, 411),
        (b"", {"Content-Length": "x"}, PATH, 411),
        (b"", {"Content-Length": "9" * 11}, PATH, 413),
        (b"", {"Content-Length": str(MAX_BATCH + 1)}, PATH, 413),
        (b"", {"Transfer-Encoding": "chunked"}, PATH, 411),
        (b"", {f"X-{number}": "x" for number in range(40)}, PATH, 431),
        (b"", {f"X-{number}": "x" for number in range(120)}, PATH, 431),
        (b"", {"X": "x" * 70_000}, PATH, 431),
        (b"", {"Authorization": "Basic x"}, PATH, 401),
    ],
)
def test_what_is_wrong_has_its_status(
    scene: Scene, body: bytes, headers: dict[str, str], path: str, status: int
) -> None:
    assert scene.post(body, path=path, headers=headers)[0] == status
    assert scene.post(batch_of(counting(1))) == (204, "")
    assert scene.lines == []


@pytest.mark.parametrize(
    ("said", "unfinished"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\n", False),
        (b"GET / HTTP/1.1\r\n\r\n", False),
        (b"POST /records HTTP/9.9\r\n\r\n", False),
        (b"\xff" * 70_000, False),
        (b"POST\r\n\r\n", False),
        (b"POST /records HTTP/1.1\r\n" + b"\xff: \xff\r\n" * 10 + b"\r\n", False),
        (HEAD + b"ab", True),
        (b"", True),
    ],
)
def test_hostile_bytes_end_their_connection_only(
    scene: Scene, said: bytes, unfinished: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("localhost", scene.server.port), timeout=10) as client:
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(100)
    assert answer == b"" if unfinished else answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
    assert scene.post(batch_of(counting(1))) == (204, "")
    assert capsys.readouterr() == ("", "")


def test_a_batch_that_grows_too_large_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MAX_BATCH_ROWS", 3)
    assert scene.post(batch_of(counting(1), counting(2))) == (400, "a batch has too many keys\n")
    assert scene.post(batch_of(counting(1))) == (204, "")


def test_a_record_larger_than_any_is_refused(scene: Scene) -> None:
    [body] = batches([b"\x01" + bytes(MAX_BYTES)])
    assert scene.post(body)[0] == 400


def test_slow_clients_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "DEADLINE", 0.2)
    monkeypatch.setattr(server, "IDLE", 0.2)
    with collector(tmp_path / "sensors") as scene:
        for begin in (b"", b"POST", HEAD, HEAD + b"x"):
            with socket.create_connection(("localhost", scene.server.port), timeout=10) as client:
                client.sendall(begin)
                assert client.recv(10) == b""


def test_connections_beyond_the_limit_are_closed(tmp_path: Path) -> None:
    with collector(tmp_path / "sensors", connections=2) as scene:
        place = ("localhost", scene.server.port)
        first, second = socket.create_connection(place), socket.create_connection(place)
        with first, second, socket.create_connection(place, timeout=10) as third:
            assert third.recv(10) == b""
        wait_for(lambda: not scene.server._server._until)
        assert scene.post(batch_of(counting(1))) == (204, "")
        assert "connections too many" in scene.collecting.summary()


def test_who_waits_too_long_for_its_turn_is_told_to_come_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "PATIENCE", 0.01)
    for _ in range(collecting.BUSY):
        scene.collecting._busy.acquire()
    assert scene.post(batch_of(counting(1))) == (503, "busy\n")


def test_no_more_sensors_than_allowed(tmp_path: Path) -> None:
    with collector(tmp_path / "sensors", max_sensors=1) as scene:
        assert scene.post(batch_of(counting(1)))[0] == 204
        status, said = scene.post(batch_of(counting(1, "web-2")))
        assert (status, "maximum of 1 sensors" in said) == (503, True)


def test_a_clock_that_is_ahead_is_refused(scene: Scene) -> None:
    late = counting(1)
    future = late._replace(buckets=(late.buckets[0]._replace(start=9e9),))
    status, said = scene.post(batch_of(future))
    assert (status, "ahead of the collector's; set it (NTP)" in said) == (422, True)


def test_a_full_disk_is_said_once_and_nothing_is_lost(scene: Scene) -> None:
    assert scene.post(batch_of(counting(1))) == (204, "")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        for _ in range(2):
            assert scene.post(batch_of(*(counting(number) for number in range(2, 100)))) == (
                503,
                "it cannot write the sensor's file\n",
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert len(scene.lines) == 1
    assert "web-1.db" in scene.lines[0]
    assert scene.post(batch_of(*(counting(number) for number in range(1, 100)))) == (204, "")
    assert stored(scene) == 99


def test_a_damaged_file_stops_only_its_sensor_until_it_is_moved_away(scene: Scene) -> None:
    (scene.path / "web-2.db").write_bytes(b"no database at all" * 1000)
    assert scene.post(batch_of(counting(1, "web-2")))[0] == 503
    assert scene.post(batch_of(counting(1))) == (204, "")
    (scene.path / "web-2.db").rename(scene.path / "web-2.broken")
    assert scene.post(batch_of(counting(1, "web-2"))) == (204, "")


def test_a_bug_is_said_and_ends_only_its_connection(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(scene.collecting, "_folder", None)
        for _ in range(2):
            with pytest.raises(http.client.RemoteDisconnected):
                scene.post(batch_of(counting(1)))
    assert len(scene.lines) == 1
    assert scene.lines[0].startswith("a bug ended a connection: AttributeError: ")
    assert scene.post(batch_of(counting(1))) == (204, "")


def test_it_is_read_while_it_writes(scene: Scene) -> None:
    scene.post(batch_of(counting(1)))
    with closing(CollectedFleet(str(scene.path))) as fleet:
        cursor = fleet.arrived(None).cursor
        for number in range(2, 12):
            assert scene.post(batch_of(counting(number), counting(number + 20))) == (204, "")
            found = fleet.arrived(cursor)
            cursor = found.cursor
            assert [bucket.start - START for bucket in found.buckets] == [10 * number, 10 * number + 200]
        assert fleet.top("request_rate", START, START + 1000, 1).whole.count == 21
