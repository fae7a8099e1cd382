"""A monitor that watches a web server under load: one run, the server's answers, and what the monitor saw."""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bench.load import HTTP, Load, load
from bench.measure import ROOT, CommandError, cpu_seconds, new_history
from bench.network import INTERFACE, Namespaces, WebServer, wait

OURS, HTTPRY = "exercise.py", "httpry"
MAX_STOP_SECONDS: Final = 15.0
"""Seconds within which a monitor must end."""


RESTING: Final = 0.05
"""Processor seconds that an idle monitor may take in half a second."""


class WatchedTool(NamedTuple):
    """A tool that watches an interface."""

    name: str
    command: tuple[str, ...]
    packets: str = ""
    """Pattern for the number of packets in its output, if it prints one."""
    dropped: str = ""
    """Pattern for the number of dropped packets."""
    requests: str = ""
    """Pattern for the requests; without a group, each match counts as one."""


MONITORS: Final = (
    WatchedTool(
        OURS,
        (sys.executable, "exercise.py", "-i", INTERFACE, "-p", "80", "--no-color"),
        r"Captured +([\d,]+) packets",
        r"packets, ([\d,]+) dropped",
        r"(?m)^ Requests +([\d,]+)",
    ),
    WatchedTool(
        HTTPRY,
        ("httpry", "-i", INTERFACE, "-f", "method,status-code", "-o", "{output}"),
        r"(\d+) packets received",
        r"(\d+) packets dropped",
        r"(?m)^GET",
    ),
    WatchedTool(
        "tcpdump -w /dev/null",
        ("tcpdump", "-i", INTERFACE, "-w", "/dev/null", "tcp port 80"),
        r"(\d+) packets captured",
        r"(\d+) packets dropped by kernel",
    ),
    WatchedTool(
        "Scapy sniff()",
        (sys.executable, str(ROOT / "bench" / "peers" / "scapy_sniff.py"), INTERFACE),
        requests=r"(?m)^/",
    ),
)


class MonitorReport(NamedTuple):
    """A monitor's cost, and its own counts."""

    cpu_seconds: float = 0.0
    """From when it listened until it had read everything."""
    seen: int | None = None
    dropped: int | None = None
    requests: int | None = None


class Watching:
    """A running monitor."""

    def __init__(self, monitor: WatchedTool, inside: Sequence[str], folder: Path) -> None:
        self._monitor = monitor
        self._output = folder / "monitor.output"
        self._told = folder / "monitor.told"
        command = [word.format(output=self._told) for word in monitor.command]
        self._told.unlink(missing_ok=True)
        signal.signal(
            signal.SIGINT, signal.default_int_handler
        )  # A job in the background ignores SIGINT, and its children would inherit that.
        environment = new_history(folder)
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*inside, *command], stdout=output, stderr=output, cwd=ROOT, env=environment
            )
        try:
            wait(self._listens, f"{monitor.name} to listen")
        except CommandError:
            self.process.kill()
            self.process.wait()
            raise
        time.sleep(0.5)
        self._started = cpu_seconds(self.process.pid)

    def _listens(self) -> bool:
        """Return whether its namespace has a packet socket, which cannot be seen before `ip` has joined it."""
        if self.process.poll() is not None:
            raise CommandError(f"{self._monitor.name} ended: {self._output.read_text(errors='replace')[-300:]}")
        sockets = Path(f"/proc/{self.process.pid}/net/packet").read_text().splitlines()
        name = Path(f"/proc/{self.process.pid}/comm").read_text().strip()
        return len(sockets) > 1 and name != "ip"

    def _at_rest(self) -> float:
        """Return its processor seconds once it has read everything, or is much too slow."""
        before, until = 0.0, time.monotonic() + MAX_STOP_SECONDS
        while (now := cpu_seconds(self.process.pid)) > before + RESTING and time.monotonic() < until:
            before = now
            time.sleep(0.5)
        return now

    def stop(self) -> MonitorReport:
        """Stop it as Ctrl+C does, and return its cost and counts."""
        took = self._at_rest() - self._started
        self.process.send_signal(signal.SIGINT)
        alarm = threading.Timer(MAX_STOP_SECONDS, self.process.send_signal, [signal.SIGKILL])
        alarm.start()
        self.process.wait()
        alarm.cancel()
        text = self._output.read_text(errors="replace")
        if self._told.exists():
            text += self._told.read_text(errors="replace")
        monitor = self._monitor
        counts = (counted(pattern, text) for pattern in (monitor.packets, monitor.dropped, monitor.requests))
        return MonitorReport(took, *counts)


def counted(pattern: str, text: str) -> int | None:
    """Return the last number found, or the number of matches if the pattern has no group; None if there is none."""
    if not pattern:
        return None
    found = re.findall(pattern, text)
    if not re.compile(pattern).groups:
        return len(found)
    return int(found[-1].replace(",", "")) if found else None


class LoadRun(NamedTuple):
    """One load, with or without a monitor."""

    load: Load
    served: int
    """Requests in the server's log."""
    packets: int
    """Packets over the server's interface, both ways."""
    server_cpu: float
    """Processor seconds of the server."""
    own_cpu: float = 0.0
    """Processor seconds of the monitor, without start and end."""
    seen: int | None = None
    """Packets that the monitor counted."""
    dropped: int | None = None
    """Packets that the monitor reports as dropped."""
    requests: int | None = None
    """Requests that the monitor found."""

    @property
    def per_packet(self) -> float:
        """The monitor's own microseconds per packet delivered to it."""
        return 1e6 * self.own_cpu / (self.packets - (self.dropped or 0))

    @property
    def per_request(self) -> float:
        """Processor microseconds of server, client and monitor together, per request."""
        return 1e6 * (self.server_cpu + self.load.cpu_seconds + self.own_cpu) / self.load.requests

    @property
    def missed(self) -> int | None:
        """Requests served but not found. Requests that the server did not finish do not make up for them."""
        return None if self.requests is None else max(0, self.served - self.requests)

    @property
    def lost_requests(self) -> float | None:
        """Percent of the requests served."""
        return None if self.missed is None else 100 * self.missed / self.served

    @property
    def lost_packets(self) -> float | None:
        """Percent of packets that the kernel dropped, according to the monitor."""
        if self.seen is None or self.dropped is None:
            return None
        return 100 * self.dropped / max(self.seen + self.dropped, 1)


class Testbed(NamedTuple):
    """The setting of runs."""

    network: Namespaces
    folder: Path
    serve: Callable[[list[str], Path], WebServer] = WebServer
    """Starts the server."""
    address: str = HTTP
    closes: bool = False
    """Whether each request has a connection of its own."""

    def run(self, monitor: WatchedTool | None, seconds: float, connections: int = 64, pause: int = 0) -> LoadRun:
        """Run one load, with or without a monitor."""
        server = self.serve(self.network.server, self.folder)
        try:
            before, cpu_before = self._packets(server), cpu_seconds(server.process.pid)
            watching = Watching(monitor, self.network.server, self.folder) if monitor is not None else None
            try:
                client = self.network.client
                done = load(client, self.folder, seconds, connections, pause, self.address, self.closes)
            finally:
                told = watching.stop() if watching is not None else MonitorReport()
            packets = self._packets(server) - before
            server_cpu = cpu_seconds(server.process.pid) - cpu_before
        finally:
            served = server.stop()
        return LoadRun(done, served, packets, server_cpu, *told)

    @staticmethod
    def _packets(server: WebServer) -> int:
        """Return the number of packets over the server's interface so far."""
        for line in Path(f"/proc/{server.process.pid}/net/dev").read_text().splitlines():
            name, _, numbers = line.partition(":")
            if name.strip() == INTERFACE:
                received, sent = numbers.split()[1], numbers.split()[9]
                return int(received) + int(sent)
        return 0
