"""Sets up two network namespaces joined by a veth pair without offloads, and a web server in one of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bench.measure import ROOT, CommandError

INTERFACE: Final = "veth0"
SERVER_ADDRESS: Final = "10.203.1.1"
CLIENT_ADDRESS: Final = "10.203.1.2"
BODY_SIZES: Final = (100, 1_000, 10_000, 100_000)
BODY_WEIGHTS: Final = (32, 35, 30, 3)
"""Percent; with these a request takes about seven packets."""

CONFIGURATION: Final = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    log_format status '$status';
    access_log {folder}/access.log status buffer=1m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 100000;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=100;
    {tls}
    server {{ listen {listen} backlog=1024; root {folder}/www; }}
}}
"""


class Namespaces(NamedTuple):
    """Command prefixes that run a command on each side."""

    server: list[str]
    client: list[str]


@contextmanager
def network() -> Iterator[Namespaces]:
    """Provide both sides until the end of the block."""
    names = [f"bench-{side}-{os.getpid()}" for side in ("server", "client")]
    made = []
    try:
        for name in names:
            _ip("netns", "add", name)
            made.append(name)
        pair = [word for name in names for word in ("peer", "name", INTERFACE, "netns", name)]
        _ip("link", "add", *pair[2:5], "type", "veth", *pair[5:])
        for name, address in zip(names, (SERVER_ADDRESS, CLIENT_ADDRESS), strict=True):
            _ip("-n", name, "address", "add", f"{address}/24", "dev", INTERFACE)
            _ip("-n", name, "link", "set", INTERFACE, "up")
            inside = ["ip", "netns", "exec", name]
            offloads = [sys.executable, "-I", str(ROOT / "bench" / "offloads.py"), INTERFACE]
            subprocess.run([*inside, *offloads], check=True, timeout=10)
        yield Namespaces(*(["ip", "netns", "exec", name] for name in names))
    finally:
        for name in made:
            _ip("netns", "delete", name)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=10, check=False)
    if done.returncode:
        raise CommandError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


class WebServer:
    """A single-process nginx that serves `/FOLDER/SIZE` for the sizes of `BODY_SIZES`."""

    def __init__(
        self, inside: list[str], folder: Path, tls: str = "", environment: Mapping[str, str] | None = None
    ) -> None:
        """`tls` has the directives for HTTPS on port 443; empty for HTTP on port 80."""
        self._log = folder / "access.log"
        for name in ("static", "shop", "api"):
            pages = folder / "www" / name
            pages.mkdir(parents=True, exist_ok=True)
            for size in BODY_SIZES:
                (pages / str(size)).write_bytes(b"x" * size)
        self._log.unlink(missing_ok=True)
        listen = "443 ssl" if tls else "80"
        (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, listen=listen, tls=tls))
        command = [*inside, "nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
        )
        wait(lambda: (folder / "nginx.pid").exists(), "nginx to start")

    def stop(self) -> int:
        """Stop the server, and return the number of requests it logged."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(timeout=10)
        finally:
            self.process.kill()
        return self._log.stat().st_size // len("200\n")


def wait(condition: Callable[[], bool], what: str, seconds: float = 20, step: float = 0.02) -> None:
    """Wait until the condition holds.

    Raises:
        CommandError: it did not hold in time.
    """
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise CommandError(f"waited {seconds} s for {what}")
        time.sleep(step)
