"""Reading HTTP/2 from a file: what h2load asks of nghttpd, decoded by our decoder and by tshark on one core.

The capture is made once, on loopback. The time to start, measured with the first packets of it, is subtracted.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.measure import CACHE, Cost, Figure, ratio, run, table
from bench.readers import alone

TOOLS: Final = ("nghttpd", "h2load", "tcpdump", "editcap", "tshark")
REQUESTS: Final = 100_000
FEW: Final = 5
"""Packets of a capture that costs only the start of a tool."""
OURS, TSHARK = "our decoder alone, with columns", "tshark -Y http2"


class Result(NamedTuple):
    """What each tool cost in each round."""

    missing: str
    requests: int
    starting: dict[str, list[Cost]]
    costs: dict[str, list[Cost]]

    def rates(self, name: str) -> list[float]:
        """Return the exchanges per second of processor time, for each run."""
        start = Figure.of(cost.cpu_seconds for cost in self.starting[name]).median
        return [self.requests / max(cost.cpu_seconds - start, 1e-3) for cost in self.costs[name]]


def measure(quick: bool, say: Callable[[str], None]) -> Result:
    """Let both tools read, one after the other in each round."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    requests = REQUESTS // 10 if quick else REQUESTS
    result = Result(", ".join(missing), requests, {OURS: [], TSHARK: []}, {OURS: [], TSHARK: []})
    if missing:
        return result
    say("http2: making a capture")
    capture = _capture(requests)
    first, port = capture.with_suffix(".first"), _port(capture)
    subprocess.run(["editcap", "-r", str(capture), str(first), f"1-{FEW}"], check=True, capture_output=True)
    for number in range(1 if quick else 3):
        say(f"http2: round {number + 1}")
        for name, command in ((OURS, alone), (TSHARK, _tshark)):
            result.starting[name].append(run(command(str(first), port), cores="one"))
            result.costs[name].append(run(command(str(capture), port), cores="one"))
    return result


def _tshark(file: str, port: int) -> list[str]:
    fields = ("http2.headers.path", "http2.headers.status")
    columns = [word for name in fields for word in ("-e", name)]
    return ["tshark", "-n", "-r", file, "-d", f"tcp.port=={port},http2", "-Y", "http2", "-T", "fields", *columns]


def _port(capture: Path) -> int:
    return int(capture.stem.rpartition("-")[2])


def _capture(requests: int) -> Path:
    """Return a capture of so many requests; make it if it is missing. Its name ends with the server's port."""
    known = next(CACHE.glob(f"http2-{requests}-*.pcap"), None)
    if known is not None:
        return known
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    path = CACHE / f"http2-{requests}-{port}.pcap"
    partial = path.with_suffix(".partial")
    folder = CACHE / "pages"
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text("hello\n")
    server = subprocess.Popen(["nghttpd", "--no-tls", "-d", str(folder), "-a", "127.0.0.1", str(port)])
    tcpdump = ["tcpdump", "-i", "lo", "-s", "0", "-B", "65536", "-Z", "root", "-w", str(partial), f"tcp port {port}"]
    sniffer = subprocess.Popen(tcpdump, stderr=subprocess.DEVNULL)
    try:
        time.sleep(2)
        load = ["h2load", "-n", str(requests), "-c", "10", "-m", "10", f"http://127.0.0.1:{port}/index.html"]
        subprocess.run(load, check=True, capture_output=True, timeout=120)
        time.sleep(2)
    finally:
        for process in (sniffer, server):
            process.terminate()
            process.wait()
    partial.rename(path)
    return path


def report(result: Result) -> str:
    """Return the Markdown table."""
    if result.missing:
        return f"Not measured: not installed: {result.missing} (Debian: nghttp2-server, nghttp2-client)."
    rows = []
    for name, costs in result.costs.items():
        rates = result.rates(name)
        cpu = Figure.of(cost.cpu_seconds for cost in costs)
        times = ratio(result.rates(OURS), rates)
        rows.append([name, f"{result.requests:,}", Figure.of(rates).text(), cpu.text(".2f"), times.text(",.1f")])
    return table(("tool", "exchanges read", "exchanges/s of a core", "CPU s", "ours / this"), rows)


def facts(result: Result) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    if result.missing:
        return {}
    rates = {name: result.rates(name) for name in result.costs}
    return {name: Figure.of(values)._asdict() for name, values in rates.items()}
