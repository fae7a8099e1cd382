"""Metrics for OpenTelemetry: what `--otlp` adds to reading a file, with a collector that throws everything away.

The collector is a thread of the benchmark, so the figures are those of the monitor alone, which counts, encodes and
sends.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from bench.measure import Figure, run, table
from bench.offline import capture_of
from bench.peers.decoder_alone import decoded
from traffic.records import Exchange

WITHOUT: Final = "without"
WAYS: Final = {
    WITHOUT: (),
    "`--otlp`, an export at the end": ("--set", "otlp_interval=86400"),
    "`--otlp`, an export every 10 s of packet time": ("--set", "otlp_interval=10"),
}
ROUNDS: Final = 5
STARTING: Final = 2_000
"""Packets of the capture whose cost counts as that of the start."""

Costs = dict[str, list[tuple[float, float]]]


class _Discarding(BaseHTTPRequestHandler):
    """Takes everything."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the parameter's name in http.server
        """Log nothing."""


@contextmanager
def _collector() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Discarding) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def measure(quick: bool, say: Callable[[str], None]) -> Costs:
    """Return the processor seconds of the start, and of each transaction, for each way and round."""
    captures = [capture_of(size) for size in (STARTING, 100_000 if quick else 400_000)]
    small, large = (sum(type(record) is Exchange for record in decoded(str(each), frozenset())) for each in captures)
    costs: Costs = {name: [] for name in WAYS}
    with _collector() as url:
        for number in range(3 if quick else ROUNDS):
            say(f"otlp: round {number + 1}")
            for name, settings in WAYS.items():
                to = () if name == WITHOUT else ("--otlp", url)
                start, whole = (_seconds(capture, (*to, *settings)) for capture in captures)
                costs[name].append((start, (whole - start) / (large - small)))
    return costs


def _seconds(capture: Path, more: Sequence[str]) -> float:
    command = [sys.executable, "exercise.py", "-r", str(capture), "-q", "--user", "root", *more]
    return run(command, cores="one").cpu_seconds


def report(costs: Costs) -> str:
    """Return the Markdown table."""
    rows = [
        [
            name,
            Figure.of(start for start, _ in known).text(".2f"),
            Figure.of(1e6 * each for _, each in known).text(".2f"),
            Figure.of(1e6 * (each - other) for (_, each), (_, other) in zip(known, costs[WITHOUT], strict=True)).text(
                "+.2f"
            ),
        ]
        for name, known in costs.items()
    ]
    return table(("reading a file", "CPU s to start", "CPU us a transaction", "more"), rows)


def facts(costs: Costs) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return dict(costs)
