"""Full load through the inline proxy while much goes wrong around it: `python -m bench.proxy_soak [MINUTES]`.

Four times over, the server behind it answers, is killed, comes back, is slow, sends garbage and half-closes. All the
time, wrk asks with and without TLS as fast as it can, 10,000 connections are idle, and certificates are renewed every
minute; in a part of each turn, a thousand slow clients send their heads byte by byte. It ends with status 1 if

- a probe, sent twice a second, gets no right response, nor 502, 503 or 504 because of the server,
- a probe is not answered rightly within a second while the server is well,
- the proxy's memory, by medians, is in the last turn more than 10 % above that in the third,
- files stay open after the load, a renewed certificate is not offered, or the proxy ends.

Without rules of a firewall in `HTTP_MONITOR_CRS`, default `../shared/crs`, the proxy runs without them.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from ssl import PEM_cert_to_DER_cert
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from bench.connecting import connected
from bench.measure import ROOT, CommandError, cpu_seconds, resident, table
from bench.network import wait
from bench.probing import RIGHT, Probe, Prober, Span, faults
from bench.proxies import ROUTE, Ends, make_certificate, rules, start_ours, start_server, why_not
from bench.proxy_counters import Counters, latest
from bench.running import Program, family_resident, free_port
from bench.upstream import GARBAGE, HALF, SLOW, Upstream
from bench.wrk import BROWSER, command

TURNS: Final = 4
IDLE: Final = 10_000
SLOW_CLIENTS: Final = 1_000
CONNECTIONS: Final = 32
"""Of each wrk."""
STEP: Final = 5.0
"""Seconds between samples."""
RENEWAL: Final = 60.0
"""Seconds between new certificates."""
GRACE: Final = 3.0
"""Seconds after which the server is taken to be well again: connections to the one before must fail first."""
GROWTH: Final = 10.0
"""Percent."""
SPARE_FILES: Final = 8
"""Files that may be open after the load in addition to those before."""
REST: Final = 30.0
"""Seconds within which connections must be gone after the load."""
WELL, KILLED = "answers", "is killed"
SHOWN: Final = 20
"""Faults that are printed."""


class Phase(NamedTuple):
    """A part of a turn."""

    server: str
    """What the server does."""
    share: float
    """Of a turn."""
    slow_clients: bool = False


PHASES: Final = (
    Phase(WELL, 0.15),
    Phase(WELL, 0.25, slow_clients=True),
    Phase(KILLED, 0.08),
    Phase(WELL, 0.12),
    Phase(SLOW, 0.1),
    Phase(GARBAGE, 0.1),
    Phase(HALF, 0.1),
    Phase(WELL, 0.1),
)


class Sample(NamedTuple):
    """How the proxy was at a moment."""

    seconds: float
    phase: str
    memory: float
    """MiB of the proxy."""
    others: float
    """MiB of its agent and other processes."""
    files: int
    """Open files of the proxy."""
    cpu: float
    """Processor seconds of the proxy so far."""
    counters: Counters


class Server:
    """What is behind the proxy, always at the same port."""

    def __init__(self, folder: Path) -> None:
        self.port: Final = free_port()
        self._folder = folder
        self._nginx: Program | None = None
        self._bad: Upstream | None = None
        self._kind = KILLED

    def become(self, kind: str) -> None:
        """Kill the one that runs, if it is of another kind, and start one of this kind."""
        if kind == self._kind:
            return
        if self._nginx is not None:
            self._nginx.kill()
        if self._bad is not None:
            self._bad.stop()
        self._kind, self._nginx, self._bad = kind, None, None
        if kind == WELL:
            self._nginx = start_server(self._folder, self.port)
        elif kind != KILLED:
            self._bad = Upstream(kind, self.port)


class Soak:
    """One run."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self.server: Final = Server(folder)
        stack.callback(self.server.become, KILLED)
        self.server.become(WELL)
        make_certificate(folder)
        self.ends: Final = Ends(free_port(), free_port())
        crs = rules()
        options = (
            "--ui",
            "json",
            "--set",
            "max_retention_length=60",
            *(("--crs", crs, "--route", ROUTE) if crs else ()),
        )
        self._output = folder / "soak.output"
        self.proxy: Final = start_ours(folder, self.ends, self.server.port, options, self._output)
        stack.callback(self.proxy.stop)
        self.begun: Final = time.monotonic()
        self.samples: Final[list[Sample]] = []
        self.spans: Final[list[Span]] = []
        self.not_renewed = 0
        self._renewed = self.begun
        self._to_check = False

    @property
    def now(self) -> float:
        """Seconds since the begin."""
        return time.monotonic() - self.begun

    @property
    def files(self) -> int:
        """Open files of the proxy."""
        return len(list(Path(f"/proc/{self.proxy.number}/fd").iterdir()))

    def run(self, phase: Phase, seconds: float) -> None:
        """Run one phase, and take samples in it."""
        until = self.now + seconds
        self.server.become(phase.server)
        begun = self.now
        with flood("slow", SLOW_CLIENTS, self.ends.plain) if phase.slow_clients else ExitStack():
            while (left := until - self.now) > 0:
                self._sample(phase)
                self._renew()
                time.sleep(min(STEP, left))
                if self.proxy.has_ended:
                    raise CommandError(f"the proxy ended: {self._output.read_text(errors='replace')[-500:]}")
        if phase.server == WELL:
            self.spans.append(Span(begun + GRACE, self.now))

    def _sample(self, phase: Phase) -> None:
        own = resident(self.proxy.number)
        others = family_resident(self.proxy.number) - own
        what = f"{phase.server}, slow clients" if phase.slow_clients else phase.server
        spent = cpu_seconds(self.proxy.number)
        self.samples.append(Sample(self.now, what, own, others, self.files, spent, latest(self._output)))
        say("  ".join(map(": ".join, zip(HEADS, cells(self.samples[-1]), strict=True))))

    def _renew(self) -> None:
        """Check the certificate that was renewed before, and renew it each minute."""
        if self._to_check:
            self.not_renewed += not self._offers_the_new_one()
            self._to_check = False
        if time.monotonic() - self._renewed >= RENEWAL:
            self._renewed = time.monotonic()
            make_certificate(self._folder)
            self.proxy.signal(signal.SIGHUP)
            self._to_check = True

    def _offers_the_new_one(self) -> bool:
        with suppress(OSError), connected(self.ends.tls) as connection:
            wanted = PEM_cert_to_DER_cert((self._folder / "certificate.pem").read_text())
            return connection.getpeercert(binary_form=True) == wanted
        return False


@contextmanager
def flood(kind: str, number: int, *ports: int) -> Iterator[None]:
    """Keep such clients connected until the end of the block, and say how many there were."""
    words = [sys.executable, "-m", "bench.peers.flood", kind, str(number), *map(str, ports)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        process.terminate()
        told, _ = process.communicate()
        say(f"{kind} clients: {', '.join(told.splitlines())}")


@contextmanager
def full_load(ends: Ends, seconds: float) -> Iterator[None]:
    """Have wrk ask as fast as it can until the end of the block."""
    urls = (ends.url, ends.tls_url)
    loads = [subprocess.Popen(command(url, seconds, CONNECTIONS, BROWSER), stdout=subprocess.DEVNULL) for url in urls]
    try:
        yield
    finally:
        for load in loads:
            load.kill()
            load.wait()


HEADS: Final = ("s", "server", "MiB", "others", "files", "CPU s", "open", "requests", "upstream errors")


def cells(sample: Sample) -> list[str]:
    """Return a row of the table."""
    counters = sample.counters
    return [
        f"{sample.seconds:.0f}",
        sample.phase,
        *(f"{size:.1f}" for size in (sample.memory, sample.others)),
        f"{sample.files:,}",
        f"{sample.cpu:.1f}",
        *(f"{counters.get(name, 0):,}" for name in ("open connections", "requests", "upstream errors")),
    ]


def growth(samples: Sequence[Sample], seconds: float) -> float:
    """Return by how many percent the median memory in the last turn is above that of the turn before."""
    third, last = (
        median(each.memory for each in samples if begin <= each.seconds / seconds * TURNS < begin + 1)
        for begin in (TURNS - 2, TURNS - 1)
    )
    return 100 * (last / third - 1)


def waited(probes: Iterable[Probe]) -> str:
    """Say how probes were answered."""
    results: dict[str, list[float]] = {}
    for probe in probes:
        results.setdefault(probe.result, []).append(probe.took)
    counted = (f"{len(times):,} {result} (slowest {max(times):.2f} s)" for result, times in sorted(results.items()))
    return ", ".join(counted)


def say(text: str) -> None:
    """Print progress to standard error, apart from the table."""
    print(text, file=sys.stderr, flush=True)


def soak(seconds: float) -> list[str]:
    """Run it, print what happened, and return what was wrong."""
    with TemporaryDirectory() as name, ExitStack() as stack:
        run = Soak(Path(name), stack)
        files = run.files
        prober = Prober(run.ends, run.begun)
        stack.callback(prober.stop)
        with full_load(run.ends, seconds + REST), flood("idle", IDLE, run.ends.plain, run.ends.tls):
            for phase in PHASES * TURNS:
                run.run(phase, seconds / TURNS * phase.share)
        prober.stop()
        run.server.become(KILLED)
        with suppress(CommandError):
            wait(lambda: run.files <= files + SPARE_FILES, "files to be closed", REST, 0.5)
        wrong = list(judged(run, prober.probes, seconds))
        if (left := run.files) > files + SPARE_FILES:
            wrong.append(f"{left:,} files are open after the load; before, there were {files:,}")
    return wrong


def judged(run: Soak, probes: Sequence[Probe], seconds: float) -> Iterator[str]:
    """Print the sums, and yield what was wrong, apart from files."""
    last = run.samples[-1]
    print(table(HEADS, map(cells, run.samples)))
    print(", ".join(f"{name} {times:,}" for name, times in last.counters.items() if times))
    print(f"probes: {waited(probes)}")
    for probe in (wrong := faults(probes, run.spans))[:SHOWN]:
        print(f"at {probe.begun:.1f} s, in {probe.took:.2f} s: {probe.result}")
    if wrong:
        late = sum(probe.result == RIGHT for probe in wrong)
        yield f"{len(wrong):,} of {len(probes):,} probes were not answered as they should, {late:,} of them late"
    print(f"memory: {(grown := growth(run.samples, seconds)):+.1f} % from the third turn to the last")
    if grown > GROWTH:
        yield f"memory grew by {grown:.1f} %"
    if run.not_renewed:
        yield f"{run.not_renewed:,} renewed certificates were not offered"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the soak test and judge it."""
    words = sys.argv[1:] if argv is None else argv
    minutes = float(words[0]) if words else 10.0
    if why := why_not():
        print(f"no soak: {why}", file=sys.stderr)
        return 1
    # Exit normally, so that programs are ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        wrong = soak(60 * minutes)
    except CommandError as error:
        wrong = [str(error)]
    for each in wrong:
        print(f"wrong: {each}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
