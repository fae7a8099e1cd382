"""Runs the gateways of a fleet against the pair, and kills them, the replicas and ZooKeeper on the way."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from bench.cluster import Cluster, Process, Replica
from bench.fleet_faults import Fault, Victim, faults
from bench.fleet_gateway import FAILURES, INSERTS, LOST, ROWS, Command, Orders, Progress
from bench.measure import ROOT, CommandError, cpu_seconds, resident
from bench.pair import has_caught_up
from bench.simulated import BUCKET_SIZE

PER_GATEWAY: Final = 50
"""Sensors of a gateway."""
STEP: Final = 0.25
"""Seconds between two looks at everything."""
SLACK: Final = 5400.0
"""Seconds that a phase may take beyond what it should."""


class Plan(NamedTuple):
    """What is run."""

    sensors: int
    buckets: int
    """Buckets of each sensor that are sent as they close."""
    missed: int
    """Buckets of each sensor during the outage, which are counted at once."""
    seed: int

    @property
    def gateways(self) -> int:
        """Number of processes."""
        return -(-self.sensors // PER_GATEWAY)

    @property
    def last(self) -> int:
        """Number of the last bucket."""
        return self.buckets + self.missed


class Usage(NamedTuple):
    """What some processes took in a phase."""

    cpu: float
    """CPU seconds."""
    memory: float
    """Peak resident memory of one of them, in MiB."""


class Phase(NamedTuple):
    """A part of the run."""

    seconds: float
    rows: int
    """Rows that the store acknowledged."""
    inserts: int
    failures: int
    """Inserts that failed, and were made again."""
    usage: dict[str, Usage]


class Costs:
    """CPU time and memory of processes, by the name of their kind, also of those that were killed."""

    def __init__(self) -> None:
        self._cpu: dict[tuple[str, int], float] = {}
        self._memory: dict[str, float] = {}

    def sample(self, name: str, pid: int) -> None:
        """Look at a process, if it is still there."""
        try:
            self._cpu[name, pid] = cpu_seconds(pid)
            self._memory[name] = max(self._memory.get(name, 0.0), resident(pid))
        except OSError:
            return

    def usage(self) -> dict[str, Usage]:
        """Return what was taken so far, by name."""
        return {
            name: Usage(sum(cpu for (kind, _), cpu in self._cpu.items() if kind == name), memory)
            for name, memory in self._memory.items()
        }


class GatewayProcess:
    """A gateway's process. One that was killed and started again is told the latest command."""

    def __init__(self, orders: Orders, log: Path) -> None:
        self._orders = orders
        self._log = log
        self._command = Command()
        self.process = self._started()

    def tell(self, command: Command) -> None:
        """Say what to do from now on."""
        self._command = command
        self._write()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait(timeout=30)

    def start(self) -> None:
        """Start it again."""
        self.process = self._started()
        self._write()

    @property
    def has_ended(self) -> bool:
        """Whether it did all that it was told, and ended.

        Raises:
            CommandError: it failed.
        """
        status = self.process.poll()
        if status is not None and status > 0:
            raise CommandError(f"a gateway failed: {self._log.read_text(errors='replace')[-1000:]}")
        return status == 0

    def _started(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "bench.fleet_gateway", json.dumps(self._orders._asdict())]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=log)

    def _write(self) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(self._command._asdict()).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:  # it ended meanwhile; that is seen by its status
            return


class Trial:
    """The whole run. `begin` is the start of bucket 0 in packet time."""

    def __init__(self, plan: Plan, folder: Path, cluster: Cluster, begin: float, say: Callable[[str], None]) -> None:
        self._plan, self._cluster, self._say = plan, cluster, say
        self._costs = Costs()
        self.progress = Progress(folder / "progress", plan.sensors, plan.gateways)
        ports = [replica.native for replica in cluster.replicas]
        self._gateways = [
            GatewayProcess(
                Orders(number, plan.gateways, plan.sensors, plan.seed, begin, str(folder), ports),
                folder / f"gateway{number}.log",
            )
            for number in range(plan.gateways)
        ]
        self._faults = faults(plan.seed)
        self._next = next(self._faults)
        self._is_down = False
        self._begun = time.monotonic()
        self._late: dict[int, float] = {}
        self.caught_up: list[float] = []
        """Seconds until each killed replica had everything, from its start."""
        self.killed: list[Fault] = []

    def live(self) -> Phase:
        """Let all sensors count and send in real time."""
        self._tell(Command(self._plan.buckets, due=time.time() - BUCKET_SIZE))
        return self._phase(lambda: bool((self.progress.lasts >= self._plan.buckets).all()))

    def outage(self) -> Phase:
        """Let all sensors count what they would have during an outage, without sending."""
        self._tell(Command(self._plan.last, sends=False))
        return self._phase(lambda: bool((self.progress.lasts >= self._plan.last).all()))

    def replay(self) -> Phase:
        """Let all sensors send what waits, and end."""
        self._tell(Command(self._plan.last, ends=True))
        return self._phase(lambda: all(gateway.has_ended for gateway in self._gateways))

    def settle(self) -> None:
        """Start what is down."""
        if self._is_down:
            self._restart()

    def close(self) -> None:
        """End all gateways."""
        for gateway in self._gateways:
            if gateway.process.poll() is None:
                gateway.kill()

    @property
    def vanished(self) -> int:
        """Buckets that a spool lost with its gateway."""
        return int(self.progress.counters[:, LOST].sum())

    def _tell(self, command: Command) -> None:
        for gateway in self._gateways:
            gateway.tell(command)

    def _phase(self, is_over: Callable[[], bool]) -> Phase:
        begun, before, counted = time.monotonic(), self._sampled(), self.progress.counters.sum(axis=0)
        until = begun + self._plan.buckets * BUCKET_SIZE + SLACK
        while not is_over():
            if time.monotonic() > until:
                raise CommandError("the gateways do not come to an end")
            time.sleep(STEP)
            self._sampled()
            self._strike(time.monotonic() - self._begun)
            self._look_at_late()
        done = self.progress.counters.sum(axis=0) - counted
        used = {
            name: Usage(now.cpu - (before[name].cpu if name in before else 0.0), now.memory)
            for name, now in self._sampled().items()
        }
        return Phase(time.monotonic() - begun, int(done[ROWS]), int(done[INSERTS]), int(done[FAILURES]), used)

    def _sampled(self) -> dict[str, Usage]:
        for name, pid in self._pids():
            self._costs.sample(name, pid)
        return self._costs.usage()

    def _pids(self) -> Iterator[tuple[str, int]]:
        yield "generator", os.getpid()
        yield from (("generator", gateway.process.pid) for gateway in self._gateways)
        yield from (("servers", replica.pid) for replica in self._cluster.replicas)
        yield "ZooKeeper", self._cluster.zookeeper.pid

    # Faults -----------------------------------------------------------------------------------------------------------

    def _strike(self, now: float) -> None:
        """Kill what is due, or start it again."""
        if not self._is_down and now >= self._next.at:
            self._is_down = True
            self.killed.append(self._next)
            self._say(f"kill -9: {self._name(self._next)}")
            self._kill()
        elif self._is_down and now >= self._next.over:
            self._restart()

    def _kill(self) -> None:
        victim = self._victim(self._next)
        if not (isinstance(victim, GatewayProcess) and victim.has_ended):
            victim.kill()

    def _restart(self) -> None:
        victim, now = self._victim(self._next), time.monotonic()
        if not (isinstance(victim, GatewayProcess) and victim.has_ended):
            victim.start()
        if isinstance(victim, Replica):
            self._late[self._cluster.replicas.index(victim)] = now
        self._is_down, self._next = False, next(self._faults)

    def _victim(self, fault: Fault) -> GatewayProcess | Process:
        if fault.victim is Victim.SENSORS:
            return self._gateways[fault.which % len(self._gateways)]
        replicas = self._cluster.replicas
        return replicas[fault.which % len(replicas)] if fault.victim is Victim.REPLICA else self._cluster.zookeeper

    def _name(self, fault: Fault) -> str:
        return f"{fault.victim.value} for {fault.down:.1f} s"

    def _look_at_late(self) -> None:
        for which, since in list(self._late.items()):
            if has_caught_up(self._cluster.replicas[which]):
                self.caught_up.append(time.monotonic() - since)
                del self._late[which]
