"""Records and sends closed buckets: `python -m bench.peers.sensor_alone ROWS BUCKETS` prints figures as JSON.

It has the sensor's part of a run only: spool, roll-ups and sending to a web server that another process runs. What a
monitor without a store does too is not measured.
"""

import http.client
import json
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Process, Queue
from pathlib import Path
from random import Random

from bench.peers.store_full import resident
from fleet.sensor import Identity, Sensor
from fleet.spool import Bounds
from history.record import Facts, SensorRecord
from history.record_codec import encode
from store.distribution import Distribution
from store.sums import NOTHING, ClosedBucket, KeyedSums, StatisticSums, Sums

SIZE = 10
"""Seconds of a bucket."""
STATISTICS = 20
SAMPLES = 12
"""Different buckets that are used again and again."""
TIMES = 6
"""Response times of a key in a bucket."""
WAIT = 0.002


class Receiver(BaseHTTPRequestHandler):
    """Takes what is posted."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer without a body."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 its name in the base class
        """Print nothing."""


def serve(ports: "Queue[int]") -> None:
    """Receive until the process is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    ports.put(server.server_port)
    server.serve_forever()


class Poster:
    """Posts records over one connection, and counts them."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self.sent = self.bytes = 0
        self.news = threading.Condition()

    def send(self, records: Sequence[SensorRecord]) -> None:
        """See `Target.send`."""
        blocks = [encode(record) for record in records]
        for block in blocks:
            self._connection.request("POST", "/", block)
            self._connection.getresponse().read()
        with self.news:
            self.sent += len(records)
            self.bytes += sum(map(len, blocks))
            self.news.notify_all()

    def close(self) -> None:
        """See `Target.close`."""
        self._connection.close()


def samples(rows: int) -> list[tuple[StatisticSums, ...]]:
    """Return what is counted in some buckets: new keys in each, as on a busy site."""
    chance = Random(7)
    return [tuple(_statistic(name, rows // STATISTICS, chance) for name in range(STATISTICS)) for _ in range(SAMPLES)]


def _statistic(name: int, keys: int, chance: Random) -> StatisticSums:
    sums = {}
    for _ in range(keys):
        times = Distribution.of((chance.randrange(300, 500), 1) for _ in range(TIMES))
        key = f"tenant-{chance.randrange(1000)}.shop.example.com/section-{chance.randrange(100)}"
        sums[key] = Sums(TIMES, chance.randrange(10**6), chance.random(), times, chance.randrange(2), 0)
    return StatisticSums(f"statistic_{name}", KeyedSums.of_items(sums.items()), NOTHING)


def measure(rows: int, buckets: int) -> dict[str, float]:
    """Return the figures of a sensor that sends so many buckets, each with so many rows."""
    ports: Queue[int] = Queue()
    server = Process(target=serve, args=(ports,), daemon=True)
    server.start()
    poster, counted = Poster(ports.get()), samples(rows)
    units = {f"statistic_{name}": "hits" for name in range(STATISTICS)}
    before = resident()
    with tempfile.TemporaryDirectory() as folder:
        identity = Identity("bench", Facts("", "eth0 port 80", "", SIZE), units, rows // STATISTICS, "a web server")
        sensor = Sensor(identity, poster, Path(folder), Bounds(256 * 2**20, 7), 60.0, live=False)
        sensor.start()
        begun, now, most = time.process_time(), 1_700_000_000.0, 0
        sensor.begin(now)
        for number in range(buckets):
            sensor.add(ClosedBucket(now, float(SIZE), counted[number % SAMPLES]))
            now += SIZE
            sensor.advance(now)
            with poster.news:
                poster.news.wait_for(lambda number=number: poster.sent > number)  # type: ignore[misc]
            most = max(most, resident()) if number % 10 == 0 else most
        cpu = time.process_time() - begun
        sensor.close()
    server.terminate()
    return {
        "cpu_percent": 100 * cpu / (buckets * SIZE),
        "memory_mib": (max(most, resident()) - before) / 2**20,
        "bytes_of_bucket": poster.bytes / buckets,
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
