"""What the rules of a web application firewall cost: time and memory to load them, and time for a request.

The Core Rule Set is that in the folder `HTTP_MONITOR_CRS`, default `../shared/crs`, and that of Debian, if installed.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.measure import Figure, table
from detection.inspector import Inspected
from detection.waf.directives import Limits
from detection.waf.engine import Engine
from detection.waf.files import DEBIAN
from traffic.content import Content

FOLDERS: Final = (os.environ.get("HTTP_MONITOR_CRS") or str(Path(__file__).parents[2] / "shared" / "crs"), DEBIAN)
REQUESTS: Final = 200
PAGE: Final = 4096
MEGABYTE: Final = 1e6
_FIELDS: Final = (
    "Host: shop.example.com",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.5",
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark",
)
_FORM: Final = ("Content-Type: application/x-www-form-urlencoded", "Content-Length: 2000")
_TEXT: Final = "+".join(("I", "like", "the", "shoes,", "but", "they", "are", "too", "small:", "size", "42") * 4)
_FORM_FIELDS: Final = 12
_REPLY: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"


class Cost(NamedTuple):
    """What a rule set costs."""

    name: str
    level: int
    """Paranoia level."""
    load: float
    """Seconds."""
    memory: float
    """Bytes that the process grew by."""
    get: float
    post: float
    """Seconds of CPU for a request."""


def measure(quick: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the costs of each rule set at paranoia levels 1 and 4, of several runs."""
    say("rules of a web application firewall")
    folders = [folder for folder in FOLDERS if Path(folder).is_dir()]
    cases = [(folder, level) for folder in folders for level in (1, 4) for _ in range(2 if quick else 5)]
    return [_apart(folder, level)._asdict() for folder, level in cases]


def report(results: list[dict[str, Any]]) -> str:
    """Return a table."""
    heads = ("rules", "paranoia level", "load, s", "memory, MB", "GET, ms", "POST of 2 kB, ms")
    return table(heads, list(_rows([Cost(**each) for each in results])))


def facts(results: list[dict[str, Any]]) -> Mapping[str, Any]:
    """Return what is saved."""
    return {"runs": results}


def _rows(costs: list[Cost]) -> Iterator[tuple[str, ...]]:
    for name, level in dict.fromkeys((cost.name, cost.level) for cost in costs):
        own = [cost for cost in costs if (cost.name, cost.level) == (name, level)]
        yield (
            name,
            str(level),
            Figure.of(cost.load for cost in own).text(",.2f"),
            Figure.of(cost.memory / MEGABYTE for cost in own).text(",.0f"),
            Figure.of(1000 * cost.get for cost in own).text(",.2f"),
            Figure.of(1000 * cost.post for cost in own).text(",.2f"),
        )


def _apart(folder: str, level: int) -> Cost:
    """Measure in a process of its own, whose memory is that of these rules."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measured, args=(folder, level, theirs))
    process.start()
    cost: Cost = ours.recv()
    process.join()
    return cost


def _measured(folder: str, level: int, answer: Connection) -> None:
    before, begun = _resident(), time.perf_counter()
    engine = Engine((folder,), Limits(level, level))
    load, memory = time.perf_counter() - begun, _resident() - before
    size = 2000 // _FORM_FIELDS
    body = "&".join(f"field{number}={_TEXT}"[: size - 1] for number in range(_FORM_FIELDS)).encode()
    get, post = _exchange("GET /shop/cart?item=4711&sort=price", ()), _exchange("POST /shop/cart", _FORM, body)
    cost = Cost(f"Core Rule Set {engine.version}", level, load, memory, _seconds(engine, get), _seconds(engine, post))
    answer.send(cost)


def _seconds(engine: Engine, exchange: Inspected) -> float:
    engine.judge(exchange)
    begun = time.process_time()
    for _ in range(REQUESTS):
        engine.judge(exchange)
    return (time.process_time() - begun) / REQUESTS


def _exchange(line: str, fields: tuple[str, ...], body: bytes = b"") -> Inspected:
    head = "\r\n".join((f"{line} HTTP/1.1", *_FIELDS, *fields, "", "")).encode()
    page = b"<html><body>" + b"<p>" * 300
    content = Content(
        1.0, "203.0.113.9", 40000, "10.0.0.5", 80, "shop.example.com", "/shop/cart", head, body, len(body),
        _REPLY, page, len(page), 0,
    )  # fmt: skip
    return Inspected(content, 2**17)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
