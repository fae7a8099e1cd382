"""A capture of HTTP/2 in clear text: nghttpd serves a page to h2load in two network namespaces, and tcpdump listens.

It needs root, and the packages nghttp2-server, nghttp2-client and tcpdump.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.measure import CommandError
from bench.network import INTERFACE, SERVER_ADDRESS, Namespaces, network, wait

PAGE_SIZE: Final = 1000
CLIENTS, STREAMS = 10, 10
BUFFER: Final = 262_144
"""Kibibytes that wait for tcpdump at most; it is slower than the load."""
_PATH: Final = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"


def capture_h2load(path: Path, requests: int) -> None:
    """Write a capture with so many requests on a few connections.

    Raises:
        CommandError: something is missing, or failed.
    """
    if absent := [name for name in ("nghttpd", "h2load", "tcpdump") if shutil.which(name, path=_PATH) is None]:
        raise CommandError(f"not installed: {', '.join(absent)}")
    unfinished = path.with_suffix(".part")
    with network() as sides, tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        Path(folder, "page").write_bytes(b"x" * PAGE_SIZE)
        with _nghttpd(sides, folder), _tcpdump(sides, unfinished):
            _load(sides, requests)
    unfinished.rename(path)


@contextmanager
def _nghttpd(sides: Namespaces, folder: str) -> Iterator[None]:
    command = [*sides.server, str(shutil.which("nghttpd", path=_PATH)), "--no-tls", "-d", folder, "80"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait(lambda: _listens(sides), "nghttpd to listen")
            yield
        finally:
            server.kill()


def _listens(sides: Namespaces) -> bool:
    sockets = subprocess.run([*sides.server, "ss", "-ltnH"], capture_output=True, text=True, timeout=10, check=True)
    return ":80 " in sockets.stdout


@contextmanager
def _tcpdump(sides: Namespaces, path: Path) -> Iterator[None]:
    """Capture until the end of the block, and until all that waits is written."""
    # -Z root: tcpdump's own user may not be allowed to write there.
    command = ["tcpdump", "-Z", "root", "-i", INTERFACE, "-B", str(BUFFER), "-w", str(path), "tcp", "port", "80"]
    with subprocess.Popen([*sides.server, *command], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            while "listening on" not in (said := process.stderr.readline()):
                if not said:
                    raise CommandError("tcpdump does not start")
            yield
            _wait_until_quiet(path)
        finally:
            process.terminate()
        if "\n0 packets dropped by kernel" not in process.stderr.read():
            raise CommandError("tcpdump lost packets")


def _wait_until_quiet(path: Path) -> None:
    size = -1
    while size != (size := path.stat().st_size):
        time.sleep(1.5)  # the kernel hands over what it holds once a second


def _load(sides: Namespaces, requests: int) -> None:
    load = ["h2load", "-n", str(requests), "-c", str(CLIENTS), "-m", str(STREAMS), f"http://{SERVER_ADDRESS}/page"]
    done = subprocess.run([*sides.client, *load], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode or f"{requests} succeeded" not in done.stdout:
        raise CommandError(f"h2load: {done.stdout[-300:]}{done.stderr[-300:]}")
