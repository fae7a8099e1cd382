"""The program `exercise.py proxy` as a user runs it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from fronts import free_port

ROOT: Final = Path(__file__).parents[2]
_PATIENCE: Final = 15.0
_LISTENS: Final = "0A"


class Program:
    """A running proxy."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
        self.process = process
        self.port = port
        self._folder = folder

    @property
    def errors(self) -> str:
        return (self._folder / "errors").read_text()

    @property
    def output(self) -> str:
        return (self._folder / "output").read_text()

    def log(self) -> list[dict[str, Any]]:
        """Return the records so far."""
        path = self._folder / "log"
        complete = path.read_text().rpartition("\n")[0] if path.exists() else ""
        return [json.loads(line) for line in complete.splitlines()]

    def records(self, number: int) -> list[dict[str, Any]]:
        """Return the records of exchanges once there are so many."""
        until = time.monotonic() + _PATIENCE
        while len(found := exchanges(self.log())) < number:
            assert time.monotonic() < until, f"{len(found)} records, not {number}: {self.errors}"
            time.sleep(0.05)
        return found

    def finding(self, text: str) -> dict[str, Any]:
        """Return the first finding of the proxy with this text in its reason or path, once there is one."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            for line in self.log():
                told = f"{line.get('event.reason')} {line.get('url.path')}"
                if line.get("rule.ruleset") == "proxy" and text in told:
                    return line
            time.sleep(0.05)
        raise AssertionError(f"no finding with {text}: {self.log()} {self.errors}")

    def stop(self) -> int:
        """End it as systemd does; return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_PATIENCE)

    def memory(self) -> int:
        """Return the bytes of memory that are in use."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def agent(self) -> int:
        """Return the child process that runs the rules."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _parent(entry) == self.process.pid and b"\0answer\0" in _command(entry):
                return int(entry.name)
        raise AssertionError(self.errors)


def _parent(process: Path) -> int:
    try:
        text = (process / "stat").read_text()
    except OSError:
        return 0
    return int(text[text.rindex(")") + 2 :].split()[1])


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def exchanges(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines that are exchanges."""
    return [line for line in lines if "http.request.method" in line and "rule.name" not in line]


def command(port: int, folder: Path, *arguments: str, scheme: str = "http", **settings: object) -> list[str]:
    """Return the command line."""
    sets = [text for name, value in settings.items() for text in ("--set", f"{name}={value}")]
    listen = f"{scheme}://127.0.0.1:{port}"
    run = [sys.executable, str(ROOT / "exercise.py"), "proxy", "--listen", listen, "-q", "--log", str(folder / "log")]
    return [
        *run,
        *arguments,
        *sets,
        "--set",
        "timeout=0.1",
        "--set",
        "log_records=exchanges,findings,blocks",
        "--user",
        "root",
    ]


@contextmanager
def proxy(
    folder: Path, upstream: str, *arguments: str, scheme: str = "http", port: int = 0, **settings: object
) -> Iterator[Program]:
    """Run the proxy until it listens, at a free port if none is given; end it at the end."""
    port = port or free_port()
    full = command(port, folder, "--upstream", upstream, *arguments, scheme=scheme, **settings)
    with (folder / "output").open("wb") as output, (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(full, stdout=output, stderr=errors, cwd=folder)
    program = Program(process, port, folder)
    try:
        until = time.monotonic() + _PATIENCE
        while not _listens(port):
            assert process.poll() is None, program.errors
            assert time.monotonic() < until, program.errors
            time.sleep(0.02)
        yield program
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(_PATIENCE)


def refused(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command line that cannot work; return the exit status and the errors."""
    run = [sys.executable, str(ROOT / "exercise.py"), "proxy", *arguments, "-q", "--user", "root"]
    done = subprocess.run(run, capture_output=True, timeout=_PATIENCE, cwd=folder, check=False)
    return done.returncode, done.stderr.decode()


def _listens(port: int) -> bool:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(words[3] == _LISTENS and int(words[1].rpartition(":")[2], 16) == port for words in lines)
