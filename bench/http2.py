"""HTTP/2 from a file: the requests of h2load to nghttpd, read by the monitor and by tshark on one core."""

import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from bench.h2load import capture_h2load
from bench.measure import CACHE, CommandError, Cost, Figure, run, table
from bench.offline import STARTING, capture_of
from bench.readers import ALONE, OURS, TSHARK

REQUESTS: Final = 100_000
ROUNDS: Final = 5
_FIELDS: Final = ("-T", "fields", "-e", "http2.streamid", "-e", "http2.headers.path", "-e", "http2.headers.status")
PEERS: Final[dict[str, Callable[[str], Sequence[str]]]] = {
    ALONE: lambda file: [sys.executable, "-m", "bench.peers.decoder_alone", file],
    OURS: lambda file: [sys.executable, "exercise.py", "-r", file, "-q"],
    TSHARK: lambda file: ["tshark", "-n", "-d", "tcp.port==80,http2", "-r", file, "-Y", "http2.headers", *_FIELDS],
}


class Results(NamedTuple):
    """What was measured."""

    missing: str
    """Why nothing was, if so."""
    rates: dict[str, Figure]
    """Exchanges per second of processor time, without the time to start, by tool."""
    found: int
    """Exchanges with status 200 that the decoder found."""


def measure(quick: bool, say: Callable[[str], None]) -> Results:
    """Let each tool read the same capture."""
    capture = CACHE / f"h2load-{REQUESTS}.pcap"
    try:
        if not capture.exists():
            say("http2: h2load makes a capture")
            capture_h2load(capture, REQUESTS)
    except CommandError as reason:
        return Results(str(reason), {}, 0)
    rates, start = {}, str(capture_of(STARTING))
    for name, command in PEERS.items():
        if shutil.which(command("")[0]) is None:
            continue
        say(f"http2: {name}")
        rounds = 1 if quick or name == TSHARK else ROUNDS
        costs = [[run(command(file), cores="one") for file in (start, str(capture))] for _ in range(rounds)]
        rates[name] = Figure.of(_rate(*pair) for pair in costs)
    run([*PEERS[ALONE](str(capture)), "tell"], CACHE / "found.tsv")
    lines = (CACHE / "found.tsv").read_text().splitlines()
    return Results("", rates, sum(line.split("\t")[1:2] == ["200"] for line in lines))


def _rate(start: Cost, whole: Cost) -> float:
    return REQUESTS / max(whole.cpu_seconds - start.cpu_seconds, 1e-3)


def report(results: Results) -> str:
    """Return the Markdown table."""
    if results.missing:
        return f"Not measured: {results.missing}."
    rows = ([name, rate.text()] for name, rate in results.rates.items())
    return (
        f"{table(('tool', 'exchanges/s of a core'), rows)}\n\n"
        f"The decoder found {results.found:,} of {REQUESTS:,} exchanges."
    )


def facts(results: Results) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return {name: rate._asdict() for name, rate in results.rates.items()}
