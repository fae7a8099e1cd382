"""A collector on loopback, with certificates and tokens, for tests."""

import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timezone
from pathlib import Path

from sensor_records import SERIES, SIZE, bucket, record

from fleet.batch import PATH, batches
from fleet.collecting import Collecting
from fleet.collector import CollectorServer
from fleet.tokens import Tokens
from history.collected.folder import Folder
from history.keep import Retention
from history.record import SensorRecord
from history.record_codec import encode
from store.sums import Sums

START = 1_795_000_000 // 86400 * 86400.0
TOKEN, OTHER_TOKEN = "t" * 32, "o" * 32
TOKENS = f"web-* {TOKEN}\ndb-1 {OTHER_TOKEN}"


class Scene:
    """A collector that runs, and what it said."""

    def __init__(self, folder: Path, context: ssl.SSLContext | None, connections: int, max_sensors: int) -> None:
        folder.mkdir(exist_ok=True)
        self.path = folder
        self.lines: list[str] = []
        self.folder = Folder(str(folder), Retention(), {}, 3600, max_sensors, timezone.utc)
        self.collecting = Collecting(self.folder, Tokens.parsed(TOKENS), self.lines.append)
        self.server = CollectorServer(("localhost", 0), context, connections, look=0.02)
        self.server.start(self.collecting)

    def post(
        self, body: bytes, token: str = TOKEN, path: str = PATH, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Post without TLS; return status and body."""
        connection = http.client.HTTPConnection("localhost", self.server.port, timeout=10)
        try:
            connection.request("POST", path, body, {"Authorization": f"Bearer {token}", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


@contextmanager
def collector(
    folder: Path, context: ssl.SSLContext | None = None, connections: int = 8, max_sensors: int = 50
) -> Iterator[Scene]:
    """Run a collector."""
    scene = Scene(folder, context, connections, max_sensors)
    try:
        yield scene
    finally:
        scene.server.close()
        scene.folder.close()


def counting(sequence: int, sensor: str = "web-1", count: int = 1) -> SensorRecord:
    """Return the record of a bucket with so many requests."""
    sums = {"request_rate": {"requests": Sums(count)}, "top_sections": {"/a": Sums(count)}}
    one = bucket(START + 10 * sequence, SIZE, **sums)
    return record(sequence, one, series=SERIES._replace(sensor=sensor))


def batch_of(*records: SensorRecord) -> bytes:
    """Return records as a body."""
    [made] = batches(map(encode, records))
    return made
