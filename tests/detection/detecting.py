"""Exchanges and lookups as clients make them, and what a detector finds in them."""

from collections.abc import Iterable, Sequence
from typing import Any

from records import exchange, lookup, request

from detection.loading import load
from exercise_config import Config
from traffic.batch import RecordBatch
from traffic.finding import Finding
from traffic.records import DnsLookup, Exchange

CLIENT = "203.0.113.9"
BEGIN = 1000.0


def visits(
    paths: Iterable[str],
    status: int | None = 200,
    method: str = "GET",
    client: str = CLIENT,
    step: float = 0.1,
    begin: float = BEGIN,
    agent: str = "curl/8.0",
    **fields: Any,
) -> list[Exchange]:
    """Return one exchange for each path, `step` seconds apart."""
    made = []
    for number, target in enumerate(paths):
        time = begin + number * step
        asked = request(
            time=time, target=target, method=method, client=client, host="shop.example.com", user_agent=agent
        )
        made.append(exchange(asked, time=time + 0.05, status=status, client=client, **fields))
    return made


def asked(names: Iterable[str], step: float = 0.5, begin: float = BEGIN, **fields: Any) -> list[DnsLookup]:
    """Return one lookup for each name, `step` seconds apart."""
    return [lookup(name=name, time=begin + number * step, **fields) for number, name in enumerate(names)]


def found(name: str, records: Sequence[Any], size: int = 7, **settings: object) -> list[Finding]:
    """Return the findings of one detector with its default settings, in batches of `size` records."""
    (detector,) = load([name], {**vars(Config()), **settings})
    batches = [RecordBatch(records[begin : begin + size]) for begin in range(0, len(records), size)]
    return [each for batch in batches for each in detector.look(batch)]


def kinds(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(each.rule, each.client, each.technique) for each in findings]
