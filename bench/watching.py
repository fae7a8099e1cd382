"""A monitor beside a web server under load: one run, what the server answered, and what the monitor saw."""

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
from bench.measure import ROOT, CommandError, cpu_seconds
from bench.network import INTERFACE, Network, WebServer, wait

OURS, HTTPRY = "exercise.py", "httpry"
LONGEST_END: Final = 15.0
"""Seconds that a monitor may take to end."""


RESTING: Final = 0.05
"""Processor seconds that a monitor without packets may take in half a second."""


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
        HTTPRY,
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

    cpu_seconds: float = 0.0
    """From when it listened until it had nothing left to read."""
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
        try:
            wait(self._listens, f"{monitor.name} to listen")
        except CommandError:
            self.process.kill()
            self.process.wait()
            raise
        time.sleep(0.5)
        self._started = cpu_seconds(self.process.pid)

    def _listens(self) -> bool:
        """Whether its namespace has a packet socket; before `ip` has joined it, there is none to be seen."""
        if self.process.poll() is not None:
            raise CommandError(f"{self._monitor.name} ended: {self._output.read_text(errors='replace')[-300:]}")
        sockets = Path(f"/proc/{self.process.pid}/net/packet").read_text().splitlines()
        name = Path(f"/proc/{self.process.pid}/comm").read_text().strip()
        return len(sockets) > 1 and name != "ip"

    def _at_rest(self) -> float:
        """Processor seconds it took until it worked off what waited for it, or is much too slow."""
        before, until = 0.0, time.monotonic() + LONGEST_END
        while (now := cpu_seconds(self.process.pid)) > before + RESTING and time.monotonic() < until:
            before = now
            time.sleep(0.5)
        return now

    def stop(self) -> Told:
        """End it as Ctrl+C does; what it took and told."""
        took = self._at_rest() - self._started
        self.process.send_signal(signal.SIGINT)
        alarm = threading.Timer(LONGEST_END, self.process.send_signal, [signal.SIGKILL])
        alarm.start()
        self.process.wait()
        alarm.cancel()
        text = self._output.read_text(errors="replace")
        if self._told.exists():
            text += self._told.read_text(errors="replace")
        monitor = self._monitor
        counts = (counted(pattern, text) for pattern in (monitor.packets, monitor.dropped, monitor.requests))
        return Told(took, *counts)


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
    server_cpu: float
    """Processor seconds that the server took."""
    own_cpu: float = 0.0
    """That the monitor took, without its start and its end."""
    seen: int | None = None
    """Packets that the monitor counted."""
    dropped: int | None = None
    """Packets that it says were dropped."""
    requests: int | None = None
    """Requests that it found."""

    @property
    def per_packet(self) -> float:
        """Microseconds of its own that the monitor took for a packet that it was handed."""
        return 1e6 * self.own_cpu / (self.packets - (self.dropped or 0))

    @property
    def per_request(self) -> float:
        """Microseconds of the processor that server, client and monitor took together for a request."""
        return 1e6 * (self.server_cpu + self.load.cpu_seconds + self.own_cpu) / self.load.requests

    @property
    def missed(self) -> int | None:
        """Requests served that it did not find; those that the server did not finish do not make up for them."""
        return None if self.requests is None else max(0, self.served - self.requests)

    @property
    def lost_requests(self) -> float | None:
        """Percent of the requests served."""
        return None if self.missed is None else 100 * self.missed / self.served

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
            before, cpu_before = self._packets(server), cpu_seconds(server.process.pid)
            watching = Watching(monitor, self.network.server, self.folder) if monitor is not None else None
            try:
                done = load(self.network.client, self.folder, seconds, connections, pause)
            finally:
                told = watching.stop() if watching is not None else Told()
            packets = self._packets(server) - before
            server_cpu = cpu_seconds(server.process.pid) - cpu_before
        finally:
            served = server.stop()
        return Run(done, served, packets, server_cpu, *told)

    @staticmethod
    def _packets(server: WebServer) -> int:
        """Over the interface of the server's namespace, so far."""
        for line in Path(f"/proc/{server.process.pid}/net/dev").read_text().splitlines():
            name, _, numbers = line.partition(":")
            if name.strip() == INTERFACE:
                received, sent = numbers.split()[1], numbers.split()[9]
                return int(received) + int(sent)
        return 0
