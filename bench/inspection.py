"""What an exchange costs that is handed to the processes of inspectors, with inspectors that look for nothing."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bench.measure import Figure, cpu_seconds, table
from detection.inspector import Inspected
from inspection.inspection import Inspection
from inspection.processes import Stem
from inspection.terms import Terms
from traffic.content import Content
from traffic.finding import Finding

CONTENTS: Final = 20_000
BATCH: Final = 1_000
"""Contents handed over at a time."""
KIBIBYTE: Final = 1024
HEAD: Final = b"\r\n".join(
    (
        b"POST /shop/cart?item=4711 HTTP/1.1",
        b"Host: shop.example.com",
        b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        b"Accept-Language: en-GB,en;q=0.5",
        b"Cookie: session=0123456789abcdef0123456789abcdef; theme=dark",
        b"\r\n",
    )
)
ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: no-store\r\n\r\n"
PARENT, WORKER, RATE = "parent", "worker", "rate"


class Empty:
    """Looks at nothing."""

    name, title = "empty", "Nothing"

    def inspect(self, exchange: Inspected) -> Iterable[Finding]:
        """Find nothing."""
        return ()


class Reading:
    """Has both messages taken apart."""

    name, title = "reading", "Nothing in messages"

    def inspect(self, exchange: Inspected) -> Iterable[Finding]:
        """Find nothing."""
        _ = exchange.request, exchange.response
        return ()


CASES: Final[Mapping[str, tuple[type[Empty] | type[Reading], int]]] = {
    "heads only": (Empty, 0),
    "heads only, taken apart": (Reading, 0),
    "a response of 4 KiB": (Empty, 4 * KIBIBYTE),
    "a response of 64 KiB": (Empty, 64 * KIBIBYTE),
}


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Return microseconds of CPU for a content, in the monitor and in the worker, and contents per second, by case."""
    say("inspection")
    rounds, number = (2, CONTENTS // 10) if quick else (5, CONTENTS)
    return {
        name: [_run(kind, size, min(number, 2**30 // (size + KIBIBYTE))) for _ in range(rounds)]
        for name, (kind, size) in CASES.items()
    }


def report(results: Mapping[str, list[dict[str, float]]]) -> str:
    """Return a table."""
    heads = ("an exchange with", "us in the monitor", "us in the worker", "exchanges/s with one worker")
    return table(heads, [(name, *_figures(runs)) for name, runs in results.items()])


def facts(results: Mapping[str, list[dict[str, float]]]) -> dict[str, Any]:
    """Return what is saved."""
    return dict(results)


def _figures(runs: list[dict[str, float]]) -> Iterator[str]:
    for name in (PARENT, WORKER, RATE):
        yield Figure.of(run[name] for run in runs).text(",.0f" if name == RATE else ",.1f")


def _run(kind: type[Empty] | type[Reading], size: int, number: int) -> dict[str, float]:
    terms = Terms(lockdown=False)
    stem = Stem(lambda: [kind()], terms)
    inspection = Inspection(stem, [kind.name], terms, live=False)
    inspection.start()
    try:
        _hand(inspection, [_content(size)])
        (worker,) = _workers()
        contents = [_content(size) for _ in range(min(BATCH, number))]
        begun, before, used = time.monotonic(), cpu_seconds(worker), time.process_time()
        for _ in range(number // len(contents)):
            _hand(inspection, contents)
        took, ours = time.monotonic() - begun, time.process_time() - used
        return {PARENT: 1e6 * ours / number, WORKER: 1e6 * (cpu_seconds(worker) - before) / number, RATE: number / took}
    finally:
        inspection.close()


def _hand(inspection: Inspection, contents: list[Content]) -> None:
    inspection.hand(contents)
    while not inspection.wait(1.0):
        pass


def _workers() -> list[int]:
    """Return the processes that inspect: children of a child of a child of this process."""
    parents = {
        int(stat.parent.name): int(stat.read_text().rpartition(")")[2].split()[1])
        for stat in Path("/proc").glob("[0-9]*/stat")
    }
    ours = {os.getpid()}
    for _ in range(3):
        ours = {process for process, parent in parents.items() if parent in ours}
    return sorted(ours)


def _content(size: int) -> Content:
    return Content(
        time=1.0,
        client="203.0.113.9",
        client_port=40000,
        server="10.0.0.5",
        server_port=80,
        host="shop.example.com",
        path="/shop/cart",
        request_head=HEAD,
        request_body=b"",
        request_bytes=0,
        response_head=ANSWER,
        response_body=os.urandom(size),
        response_bytes=size,
        missing_bytes=0,
    )
