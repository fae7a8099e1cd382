"""Has nginx refuse blocked clients: a file of a `geo` block, and a reload.

A reload starts new workers, so there is a pause between two; the old ones go on with their connections. nginx checks
its configuration before it takes a reload over, and goes on with the old one if it is wrong.
"""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from blocking import files
from blocking.bouncer import BouncerError

CAP_KILL: Final = 5
FILE_SETTING: Final = "block_nginx_file"
PID_SETTING: Final = "block_nginx_pid"
_TIMEOUT: Final = 30.0
HEAD: Final = "# Written by the HTTP monitor (--block nginx).\n"


class Nginx:
    """An nginx that includes the file."""

    name: Final = "nginx"

    def __init__(
        self, path: str, pid_file: str, command: str, pause: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Reload by `command`, or by a signal to the process in `pid_file`; at most once in `pause` seconds."""
        self._path = path
        self._pid_file = pid_file
        self._command = shlex.split(command)
        self._pause = pause
        self._clock = clock
        self._reloaded = -pause
        self._pending = False
        """Whether nginx has not read the file as it is."""

    def open(self) -> None:
        """Empty the file."""
        stale = _has_entries(self._path)
        self._write({})
        if not self._command:
            self._master()
        if stale:
            self._reload()

    def sync(self, blocked: Mapping[str, float]) -> None:
        """Write the file if it has changed, and reload as soon as that is allowed."""
        if files.unlike(self._path, _text(blocked)):
            self._write(blocked)
            self._pending = True
        if self._pending and self._clock() >= self._reloaded + self._pause:
            self._reload()

    def close(self) -> None:
        """Empty the file, and reload at once."""
        if files.unlike(self._path, HEAD):
            self._write({})
            self._pending = True
        if self._pending:
            self._reload()

    def _write(self, blocked: Mapping[str, float]) -> None:
        files.write(self._path, _text(blocked), FILE_SETTING)

    def _reload(self) -> None:
        self._reloaded = self._clock()
        if self._command:
            self._run()
        else:
            master = self._master()
            try:
                os.kill(master, signal.SIGHUP)
            except OSError as error:
                raise BouncerError(f"cannot reload nginx (process {master}): {error.strerror}") from None
        self._pending = False

    def _master(self) -> int:
        """Return the process that reloads. A number that is another program's by now gets no signal."""
        try:
            number = int(Path(self._pid_file).read_text(encoding="ascii"))
            name = Path(f"/proc/{number}/comm").read_text(encoding="utf-8", errors="replace").strip()
        except (OSError, ValueError):
            raise BouncerError(f"nginx is not running, or {self._pid_file} is not its pid; see {PID_SETTING}") from None
        if name not in ("nginx", "openresty", "angie"):
            raise BouncerError(f"process {number} of {self._pid_file} is {name}, not nginx; see {PID_SETTING}")
        return number

    def _run(self) -> None:
        try:
            done = subprocess.run(
                self._command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            why = getattr(error, "strerror", None) or f"not done within {_TIMEOUT:g} s"
            raise BouncerError(f"block_nginx_reload: {self._command[0]}: {why}") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise BouncerError(f"block_nginx_reload ended with status {done.returncode}: {(said or [''])[-1][:200]}")


def _has_entries(path: str) -> bool:
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(line and not line.startswith("#") for line in lines)


def _text(blocked: Mapping[str, float]) -> str:
    return HEAD + "".join(f"{network} 1;\n" for network in sorted(blocked))
