"""The child process of the demo serves during the block, or reports why it cannot."""

import http.client
import shutil
import sys
import time

import pytest

from demo.errors import DemoError
from demo.traffic import DemoTraffic


def test_traffic_runs_from_start_to_end_of_the_block() -> None:
    with DemoTraffic() as traffic:
        client = http.client.HTTPConnection("127.0.0.1", traffic.port, timeout=30)
        client.request("GET", "/")
        assert client.getresponse().status == 200
        client.close()
        begin = time.monotonic()
    assert time.monotonic() - begin < 20
    with pytest.raises(ConnectionRefusedError):
        client.connect()


def test_a_server_that_does_not_start_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("true"))
    with pytest.raises(DemoError, match="did not start: the process ended at once"), DemoTraffic():
        pass
