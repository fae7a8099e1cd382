"""Runs the programs that are measured: waits until they listen, ends them, and reads what they use from /proc."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from bench.measure import ROOT, CommandError, cpu_seconds, resident

PATIENCE: Final = 60.0
"""Seconds within which a program must listen: one that loads rules takes long."""
MAX_STOP_SECONDS: Final = 20.0
"""Seconds within which it must end."""
SERVER_PORTS: Final = range(20_000, 32_000)
"""Below the ports that Linux gives to clients."""
Address = str | tuple[str, int]
"""The path of a local socket, or an IPv4 address and a port."""


class Program:
    """A running program."""

    def __init__(
        self,
        command: Sequence[str],
        address: Address,
        output: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it in the project's root, and wait until it can be connected to.

        Raises:
            CommandError: it ended, or did not listen in time.
        """
        with open(output or os.devnull, "wb") as to:
            self._process = subprocess.Popen(command, stdout=to, stderr=to, cwd=ROOT, env=environment)
        self.number: Final = self._process.pid
        until = time.monotonic() + PATIENCE
        while not answers(address):
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                said = output.read_text(errors="replace")[-500:] if output is not None else ""
                raise CommandError(f"{command[0]} does not start: {said}")
            time.sleep(0.05)

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, by itself or by `stop`."""
        return self._process.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def stop(self) -> None:
        """End it gently, or by force if that takes too long."""
        self._process.terminate()
        try:
            self._process.wait(MAX_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it and all that it has started, at once."""
        for each in sorted(family(self.number)):
            _kill(each)
        self._process.wait()


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


@contextmanager
def running(
    command: Sequence[str], address: Address, output: Path | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run a program until the end of the block; yield its number."""
    program = Program(command, address, output, environment)
    try:
        yield program.number
    finally:
        program.stop()


def answers(address: Address) -> bool:
    """Return whether somebody listens there."""
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as probe:
        return probe.connect_ex(address) == 0


def free_port() -> int:
    """Return a TCP port of loopback at which nobody listens, and that the system gives to no client.

    Raises:
        CommandError: there is none.
    """
    for port in random.sample(SERVER_PORTS, 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise CommandError("no free port")


def family(process: int) -> set[int]:
    """Return the numbers of a process and its descendants."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    members = {process}
    while more := {child for child, parent in parents.items() if parent in members} - members:
        members |= more
    return members


def family_seconds(process: int) -> float:
    """Return the CPU time so far of a process and its descendants that still run."""
    return _summed(cpu_seconds, process)


def family_resident(process: int) -> float:
    """Return the memory of a process and its descendants in MiB; pages that they share count for each."""
    return _summed(resident, process)


def _summed(measure: Callable[[int], float], process: int) -> float:
    total = 0.0
    for each in family(process):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            total += measure(each)
    return total
