"""The prefilter of the WAF: microseconds for an ordinary exchange, and the share that no rule can match, by traffic.

The rules are the Core Rule Set in the folder `HTTP_MONITOR_CRS`, default `../shared/crs`. Each visitor keeps its fields
and its session, as browsers do; paths, queries and bodies change.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from bench.measure import Figure, table
from bench.offline import capture_of
from bench.peers.decoder_alone import decoded
from bench.visits import USER_AGENTS
from bench.waf import FOLDERS
from capture.core import CORE
from demo.visitors import VISITS
from detection.inspector import Inspected
from detection.waf.directives import Limits
from detection.waf.engine import Engine
from detection.waf.prefilter import Prefilter
from detection.waf.rule_files import prefilter
from traffic.content import Content

EXCHANGES: Final = 3000
"""Of each kind of traffic."""
PACKETS: Final = 50_000
"""Packets of the benchmark's capture."""
VISITORS: Final = 50
LONGEST: Final = 2**17
_WORDS: Final = (
    "red",
    "shoes",
    "caf\u00e9",
    "size",
    "lamp",
    "garden",
    "table",
    "blue",
    "for",
    "the",
    "kitchen",
    "2024",
)
_PAGE: Final = b"<html><head><title>Shop</title></head><body>%s</body></html>"
_ITEM: Final = b'<div class="item"><a href="/p/%d">Item %d</a> <span>Nice red shoes, only $%d!</span></div>\n'
_REPLY: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: nginx\r\n\r\n"
_FORM: Final = "Content-Type: application/x-www-form-urlencoded\r\n"
_JSON: Final = "Content-Type: application/json\r\n"


class Cost(NamedTuple):
    """What the prefilter costs for a kind of traffic."""

    traffic: str
    level: int
    """Paranoia level."""
    exchanges: int
    decided: int
    """Exchanges that no rule can match."""
    mean: float
    """Microseconds of CPU for an exchange."""
    slow: float
    """Microseconds that 1 % of the exchanges exceed."""
    reasons: str
    """Rules that most often sent an exchange to the engine."""


def measure(quick: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the cost of each kind of traffic, at paranoia levels 1 and 2."""
    folder = next(folder for folder in FOLDERS if Path(folder).is_dir())
    costs = []
    for level in (1, 2):
        made = prefilter(CORE, Engine((folder,), Limits(level, level)).directives)
        if made is None:
            raise SystemExit("the prefilter needs the core: make fast")
        for name, exchanges in TRAFFIC.items():
            say(f"prefilter: {name}, paranoia level {level}")
            some = list(islice(exchanges(), EXCHANGES // 10 if quick else EXCHANGES))
            costs.append(_cost(made, name, level, some)._asdict())
    return costs


def report(costs: list[dict[str, Any]]) -> str:
    """Return the Markdown table."""
    heads = ("traffic", "paranoia level", "decided", "us, mean", "us, 99 %", "others because of")
    return table(heads, (_row(Cost(**cost)) for cost in costs))


def facts(costs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the results as JSON-compatible values."""
    return costs


def _row(cost: Cost) -> tuple[str, ...]:
    share = f"{100 * cost.decided / cost.exchanges:.1f} %"
    return cost.traffic, str(cost.level), share, f"{cost.mean:.0f}", f"{cost.slow:.0f}", cost.reasons


def _cost(made: Prefilter, name: str, level: int, some: list[Content]) -> Cost:
    seconds, reasons = [], Counter[str]()
    for content in some:
        exchange = Inspected(content, LONGEST)
        begun = time.process_time_ns()
        reason = made.reason(exchange)
        seconds.append((time.process_time_ns() - begun) / 1000)
        reasons[reason or ""] += 1
    decided = reasons.pop("", 0)
    often = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common(4))
    slow = sorted(seconds)[int(len(seconds) * 0.99)]
    return Cost(name, level, len(some), decided, Figure.of([sum(seconds) / len(seconds)]).median, slow, often)


def _visits(line: str, more: str, body: str, page: bool = False) -> Iterator[Content]:
    """Yield exchanges of visitors; `{id}`, `{word}` and `{words}` stand for what changes."""
    dice = Random(1)
    fields = [_fields(dice) for _ in range(VISITORS)]
    while True:
        chosen = {
            "id": dice.randrange(10**6),
            "word": dice.choice(_WORDS),
            "words": " ".join(dice.choices(_WORDS, k=dice.randrange(1, 6))),
        }
        sent = _filled(body, chosen).encode()
        length = f"Content-Length: {len(sent)}\r\n" if sent else ""
        target = _filled(line, chosen | {"words": str(chosen["words"]).replace(" ", "+").replace("\u00e9", "%C3%A9")})
        head = f"{target} HTTP/1.1\r\n{dice.choice(fields)}{more}{length}\r\n".encode()
        items = b"".join(_ITEM % ((number,) * 3) for number in dice.choices(range(1000), k=20))
        yield _content(head, sent, *((_REPLY, _PAGE % items) if page else (b"", b"")))


def _filled(text: str, chosen: dict[str, Any]) -> str:
    for name, value in chosen.items():
        text = text.replace(f"<{name}>", str(value))
    return text


def _fields(dice: Random) -> str:
    return (
        f"Host: shop.example.com\r\nConnection: keep-alive\r\nUser-Agent: {dice.choice(USER_AGENTS[:5])}\r\n"
        'sec-ch-ua: "Not/A)Brand";v="8", "Chromium";v="126", "Google Chrome";v="126"\r\nsec-ch-ua-mobile: ?0\r\n'
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\n"
        "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\n"
        f"Referer: https://shop.example.com/products?page={dice.randrange(9)}&sort=price\r\n"
        "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9,de;q=0.8\r\n"
        f'If-None-Match: W/"{dice.getrandbits(32):x}"\r\n'
        f"traceparent: 00-{dice.getrandbits(128):032x}-{dice.getrandbits(64):016x}-01\r\n"
        f"Cookie: _ga=GA1.2.{dice.getrandbits(30)}.{dice.getrandbits(30)}; session={dice.getrandbits(128):032x}\r\n"
    )


def _api() -> Iterator[Content]:
    dice = Random(2)
    while True:
        token = f"eyJhbGciOiJIUzI1NiJ9.{dice.getrandbits(200):x}.{dice.getrandbits(250):x}"
        yield _content(
            f"GET /api/v1/users/{dice.randrange(10**5)}?limit=10 HTTP/1.1\r\nHost: api.example.com\r\n"
            f"User-Agent: {dice.choice(USER_AGENTS[6:9])}\r\nAccept: application/json\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )


def _demo() -> Iterator[Content]:
    dice = Random(3)
    while True:
        _, method, host, path, size = dice.choices(VISITS, [visit[0] for visit in VISITS])[0]
        length = f"Content-Type: text/plain\r\nContent-Length: {size}\r\n" if size else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {dice.choice(USER_AGENTS)}\r\nAccept: */*\r\n"
        yield _content(f"{head}{length}\r\n".encode(), b"x" * size)


def _captured() -> Iterator[Content]:
    records = decoded(str(capture_of(PACKETS)), frozenset((Content,)))
    return (record for record in records if isinstance(record, Content))


def _content(head: bytes, body: bytes = b"", reply: bytes = b"", page: bytes = b"") -> Content:
    return Content(
        1.0, "203.0.113.9", 40000, "10.0.0.5", 80, "", "/", head, body, len(body), reply, page, len(page), 0
    )  # fmt: skip


TRAFFIC: Final[dict[str, Callable[[], Iterator[Content]]]] = {
    "pages": lambda: _visits("GET /products/<id>", "", ""),
    "searches": lambda: _visits("GET /search?q=<words>&page=<id>", "", ""),
    "pages with answers of 2 kB": lambda: _visits("GET /products/<id>", "", "", page=True),
    "forms": lambda: _visits("POST /cart", _FORM, "item=<id>&note=<word>+for+John&mail=j.doe%40example.com"),
    "JSON": lambda: _visits("POST /orders", _JSON, '{"items":[{"id":<id>,"name":"<words>"}],"total":12.5}'),
    "API with tokens": _api,
    "the demo": _demo,
    "the benchmark's capture": _captured,
}
