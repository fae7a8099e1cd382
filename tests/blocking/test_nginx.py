"""A real nginx refuses who is blocked, also after a restart, and nobody after the end."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from block_scene import free_port, listens, needs, soon, status

from blocking.bouncer import BouncerError
from blocking.nginx import HEAD, Nginx

CONFIGURATION = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
daemon off;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    geo $blocked {{ default 0; include {folder}/blocked.conf; }}
    server {{
        listen 127.0.0.1:{port};
        if ($blocked) {{ return 403; }}
        location / {{ return 200; }}
    }}
}}
"""
FOREVER = time.time() + 1e6


class Front:
    """An nginx."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "blocked.conf"
        self.file.touch()
        self.pid = folder / "nginx.pid"
        self.port = free_port()
        self._configuration = folder / "nginx.conf"
        self._configuration.write_text(CONFIGURATION.format(folder=folder, port=self.port))
        self.start()

    def start(self) -> None:
        command = [needs("nginx"), "-c", str(self._configuration), "-p", str(self.file.parent)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert soon(lambda: listens(self.port) and self.pid.exists())

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def bouncer(self, pause: float = 1.0, command: str = "") -> Nginx:
        return Nginx(str(self.file), str(self.pid), command, pause, lambda: self.now)

    now = 100.0


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    needs("curl")
    front = Front(tmp_path)
    yield front
    front.stop()


def test_blocked_clients_get_403_and_others_do_not(front: Front) -> None:
    bouncer = front.bouncer()
    bouncer.open()
    assert status(front.port) == "200"
    bouncer.sync({"127.0.0.2": FOREVER, "2001:db8::/64": FOREVER})
    assert soon(lambda: status(front.port) == "403")
    assert status(front.port, source="127.0.0.3") == "200"
    bouncer.close()
    assert soon(lambda: status(front.port) == "200")
    assert front.file.read_text() == HEAD


def test_reloads_keep_their_pause(front: Front) -> None:
    bouncer = front.bouncer(pause=10)
    bouncer.open()
    bouncer.sync({"127.0.0.2": FOREVER})
    assert soon(lambda: [status(front.port) for _ in range(9)] == ["403"] * 9)  # the old worker has stopped
    front.now += 9
    bouncer.sync({"127.0.0.3": FOREVER})
    assert (status(front.port), "127.0.0.3 1;" in front.file.read_text()) == ("403", True)
    front.now += 1
    bouncer.sync({"127.0.0.3": FOREVER})
    assert soon(lambda: status(front.port) == "200" and status(front.port, source="127.0.0.3") == "403")


def test_a_restarted_front_has_the_list(front: Front) -> None:
    bouncer = front.bouncer()
    bouncer.open()
    bouncer.sync({"127.0.0.2": FOREVER})
    front.stop()
    front.start()
    assert status(front.port) == "403"


def test_what_an_earlier_run_left_is_removed(front: Front) -> None:
    earlier = front.bouncer()
    earlier.open()
    earlier.sync({"127.0.0.2": FOREVER})
    assert soon(lambda: status(front.port) == "403")
    front.bouncer().open()
    assert soon(lambda: status(front.port) == "200")


def test_a_command_reloads_instead(front: Front, tmp_path: Path) -> None:
    bouncer = front.bouncer(command=f"sh -c 'echo reloaded >> {tmp_path}/reloads'")
    bouncer.open()
    bouncer.sync({"127.0.0.2": FOREVER})
    assert (tmp_path / "reloads").read_text() == "reloaded\n"
    failing = front.bouncer(command="sh -c 'echo no such unit >&2; exit 3'")
    with pytest.raises(BouncerError, match="status 3: no such unit"):
        failing.sync({"127.0.0.3": FOREVER})


def test_only_nginx_gets_the_signal(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        (tmp_path / "pid").write_text(f"{other.pid}\n")
        assert soon(lambda: Path(f"/proc/{other.pid}/comm").read_text() == "sleep\n")
        with pytest.raises(BouncerError, match="is sleep, not nginx"):
            Nginx(str(tmp_path / "blocked.conf"), str(tmp_path / "pid"), "", 1).open()
        assert other.poll() is None
        other.kill()


def test_a_front_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BouncerError, match="block_nginx_pid"):
        Nginx(str(tmp_path / "blocked.conf"), str(tmp_path / "pid"), "", 1).open()
