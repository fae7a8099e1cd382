"""Runs the program as a sensor whose store is a web server of the test: `sensor_by_http.py PORT ARGUMENTS`."""

import http.client
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import fleet.stores
from exercise import main
from fleet.stores import OpenFile
from history.address import StoreAddress
from history.record import SensorRecord, StoreError
from history.record_codec import encode


class HttpTarget:
    """Posts each record to the port."""

    def __init__(self, port: int) -> None:
        self._port = port

    def send(self, records: Sequence[SensorRecord]) -> None:
        for record in records:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
                connection.request("POST", "/", encode(record))
                status = connection.getresponse().status
                connection.close()
            except OSError as reason:
                raise StoreError(str(reason)) from reason
            if status != 200:
                raise StoreError(f"status {status}", refused=status == 422)

    def close(self) -> None:
        pass


def open_target(address: StoreAddress, units: Mapping[str, str], open_file: OpenFile = os.open) -> HttpTarget:
    "localhost".encode("idna")
    return HttpTarget(port)


port = int(sys.argv.pop(1))
fleet.stores.open_target = open_target
if __name__ == "__main__":
    sys.exit(main())
