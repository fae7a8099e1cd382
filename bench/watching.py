"""A monitor beside a web server under load: one run, what the server answered, and what the monitor saw."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bench.load import Load, load
from bench.measure import ROOT, CommandError
from bench.network import INTERFACE, Network, WebServer, wait

OURS: Final = "exercise.py"
LONGEST_END: Final = 15.0
"""Seconds that a monitor may take to end."""


class Monitor(NamedTuple):
    """A tool that watches."""

    name: str
    command: tuple[str, ...]
    packets: str = ""
    """Finds the packets that it counted in what it said, if it does."""
    dropped: str = ""
    """And those that it says were dropped."""
    requests: str = ""
    """And the requests; each match counts one where the expression has no group."""


MONITORS: Final = (
    Monitor(
        OURS,
        (sys.executable, "exercise.py", "-i", INTERFACE, "-p", "80", "--no-color"),
        r"Captured +([\d,]+) packets",
        r"packets, ([\d,]+) dropped",
        r"(?m)^ Requests +([\d,]+)",
    ),
    Monitor(
        "httpry",
        ("httpry", "-i", INTERFACE, "-f", "method,status-code", "-o", "{output}"),
        r"(\d+) packets received",
        r"(\d+) packets dropped",
        r"(?m)^GET",
    ),
    Monitor(
        "tcpdump -w /dev/null",
        ("tcpdump", "-i", INTERFACE, "-w", "/dev/null", "tcp port 80"),
        r"(\d+) packets captured",
        r"(\d+) packets dropped by kernel",
    ),
    Monitor(
        "Scapy sniff()",
        (sys.executable, str(ROOT / "bench" / "peers" / "scapy_sniff.py"), INTERFACE),
        requests=r"(?m)^/",
    ),
)


class Told(NamedTuple):
    """What a monitor took, and what it says that it saw."""

    seconds: float
    cpu_seconds: float
    seen: int | None = None
    dropped: int | None = None
    requests: int | None = None


class Watching:
    """A monitor that runs."""

    def __init__(self, monitor: Monitor, inside: Sequence[str], folder: Path) -> None:
        self._monitor = monitor
        self._output = folder / "monitor.output"
        self._told = folder / "monitor.told"
        command = [word.format(output=self._told) for word in monitor.command]
        self._told.unlink(missing_ok=True)
        signal.signal(
            signal.SIGINT, signal.default_int_handler
        )  # a job in the background ignores it, and so would they
        with self._output.open("wb") as output:
            self.process = subprocess.Popen([*inside, *command], stdout=output, stderr=output, cwd=ROOT)
        self._start = time.monotonic()
        try:
            wait(self._listens, f"{monitor.name} to listen")
        except CommandError:
            self.process.kill()
            self.process.wait()
            raise
        time.sleep(0.5)

    def _listens(self) -> bool:
        """Whether its namespace has a packet socket; before `ip` has joined it, there is none to be seen."""
        if self.process.poll() is not None:
            raise CommandError(f"{self._monitor.name} ended: {self._output.read_text(errors='replace')[-300:]}")
        sockets = Path(f"/proc/{self.process.pid}/net/packet").read_text().splitlines()
        name = Path(f"/proc/{self.process.pid}/comm").read_text().strip()
        return len(sockets) > 1 and name != "ip"

    def stop(self) -> Told:
        """End it as Ctrl+C does; what it took and told."""
        time.sleep(0.5)
        self.process.send_signal(signal.SIGINT)
        alarm = threading.Timer(LONGEST_END, self.process.send_signal, [signal.SIGKILL])
        alarm.start()
        _, status, used = os.wait4(self.process.pid, 0)
        alarm.cancel()
        self.process.returncode = os.waitstatus_to_exitcode(status)
        text = self._output.read_text(errors="replace")
        if self._told.exists():
            text += self._told.read_text(errors="replace")
        monitor = self._monitor
        counts = (counted(pattern, text) for pattern in (monitor.packets, monitor.dropped, monitor.requests))
        return Told(time.monotonic() - self._start, used.ru_utime + used.ru_stime, *counts)


def counted(pattern: str, text: str) -> int | None:
    """The number that the expression finds last, or how often it is found if it has no group; None if it told none."""
    if not pattern:
        return None
    found = re.findall(pattern, text)
    if not re.compile(pattern).groups:
        return len(found)
    return int(found[-1].replace(",", "")) if found else None


class Run(NamedTuple):
    """One load, with or without a monitor."""

    load: Load
    served: int
    """Requests in the server's log."""
    packets: int
    """That went over the server's interface, both ways."""
    seconds: float
    """That the monitor ran."""
    cpu_seconds: float
    """That the monitor took."""
    seen: int | None = None
    """Packets that the monitor counted."""
    dropped: int | None = None
    """Packets that it says were dropped."""
    requests: int | None = None
    """Requests that it found."""

    @property
    def lost_requests(self) -> float | None:
        """Percent of the requests served."""
        return None if self.requests is None else 100 * (1 - self.requests / self.served)

    @property
    def lost_packets(self) -> float | None:
        """Percent that the kernel dropped, as the monitor tells."""
        if self.seen is None or self.dropped is None:
            return None
        return 100 * self.dropped / max(self.seen + self.dropped, 1)


class Scene(NamedTuple):
    """Where runs take place."""

    network: Network
    folder: Path

    def run(self, monitor: Monitor | None, seconds: float, connections: int = 64, pause: int = 0) -> Run:
        """One load, with a monitor or without."""
        server = WebServer(self.network.server, self.folder)
        try:
            before = self._packets(server)
            watching = Watching(monitor, self.network.server, self.folder) if monitor is not None else None
            try:
                done = load(self.network.client, self.folder, seconds, connections, pause)
            finally:
                told = watching.stop() if watching is not None else Told(0.0, 0.0)
            packets = self._packets(server) - before
        finally:
            served = server.stop()
        return Run(done, served, packets, *told)

    @staticmethod
    def _packets(server: WebServer) -> int:
        """Over the interface of the server's namespace, so far."""
        for line in Path(f"/proc/{server.process.pid}/net/dev").read_text().splitlines():
            name, _, numbers = line.partition(":")
            if name.strip() == INTERFACE:
                received, sent = numbers.split()[1], numbers.split()[9]
                return int(received) + int(sent)
        return 0
