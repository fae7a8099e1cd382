"""A real HAProxy refuses who is blocked, also after a restart, and nobody after the end."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from block_scene import free_port, listens, needs, soon, status

from blocking.bouncer import BouncerError
from blocking.haproxy import HaProxy

CONFIGURATION = """
global
    stats socket {folder}/admin.sock mode 600 level admin
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.0.1:{port}
    acl blocked {rule}
    http-request deny if blocked
    http-request return status 200
"""
RULES = {"acl": "src -f {folder}/blocked.acl", "map": "src,map_ip({folder}/blocked.map) -m found"}
FOREVER = time.time() + 1e6


class Front:
    """A HAProxy."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.file = folder / f"blocked.{kind}"
        self.file.touch()
        self.socket = str(folder / "admin.sock")
        self.port = free_port()
        rule = RULES[kind].format(folder=folder)
        self._configuration = folder / "haproxy.cfg"
        self._configuration.write_text(CONFIGURATION.format(folder=folder, port=self.port, rule=rule))
        self.start()

    def start(self) -> None:
        command = [needs("haproxy"), "-db", "-f", str(self._configuration)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert soon(lambda: listens(self.port) and os.path.exists(self.socket))

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def bouncer(self) -> HaProxy:
        return HaProxy([self.socket], str(self.file))


@pytest.fixture(params=list(RULES))
def front(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Front]:
    needs("curl")
    front = Front(tmp_path, request.param)
    yield front
    front.stop()


def test_blocked_clients_get_403_and_others_do_not(front: Front) -> None:
    bouncer = front.bouncer()
    bouncer.open()
    assert status(front.port) == "200"
    bouncer.sync({"127.0.0.2": FOREVER, "2001:db8::/64": FOREVER})
    assert (status(front.port), status(front.port, source="127.0.0.3")) == ("403", "200")
    bouncer.sync({"2001:db8::/64": FOREVER})
    assert status(front.port) == "200"
    bouncer.close()


def test_a_restarted_front_has_the_list(front: Front) -> None:
    bouncer = front.bouncer()
    bouncer.open()
    bouncer.sync({"127.0.0.2": FOREVER})
    front.stop()
    with pytest.raises(BouncerError, match="is it running"):
        bouncer.sync({"127.0.0.2": FOREVER, "127.0.0.3": FOREVER})
    front.start()
    assert [status(front.port, source=each) for each in ("127.0.0.2", "127.0.0.3")] == ["403", "403"]
    bouncer.sync({"127.0.0.3": FOREVER})
    assert [status(front.port, source=each) for each in ("127.0.0.2", "127.0.0.3")] == ["200", "403"]


def test_the_end_empties_list_and_file(front: Front) -> None:
    bouncer = front.bouncer()
    bouncer.open()
    bouncer.sync({f"10.9.{number // 250}.{number % 250}": FOREVER for number in range(450)} | {"127.0.0.2": FOREVER})
    assert status(front.port) == "403"
    assert len(front.file.read_text().splitlines()) == 451
    bouncer.close()
    assert (status(front.port), front.file.read_text()) == ("200", "")


def test_what_an_earlier_run_left_is_removed(front: Front) -> None:
    earlier = front.bouncer()
    earlier.open()
    earlier.sync({"127.0.0.2": FOREVER})
    front.bouncer().open()
    assert (status(front.port), front.file.read_text()) == ("200", "")


def test_a_front_that_does_not_use_the_file_is_an_error(front: Front, tmp_path: Path) -> None:
    with pytest.raises(BouncerError, match="block_haproxy_file"):
        HaProxy([front.socket], str(tmp_path / "other.acl")).open()


def test_a_front_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BouncerError, match="block_haproxy_sockets"):
        HaProxy([str(tmp_path / "nothing.sock")], str(tmp_path / "blocked.acl")).open()
    with pytest.raises(BouncerError, match="block_haproxy_file"):
        HaProxy([str(tmp_path / "nothing.sock")], str(tmp_path / "no folder" / "blocked.acl")).open()
