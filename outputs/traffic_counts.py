"""Counts exchanges for metrics: totals that only grow, under a bounded number of labels.

The sums of the store expire, so they cannot serve as totals. Peers choose hosts and methods: hosts beyond a limit are
counted under `(other)`, and non-standard methods under `other`.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from outputs.labels import METHODS, Names
from traffic.grpc import is_named
from traffic.records import Exchange
from traffic.text import OTHER as OTHER_HOSTS

OTHER: Final = "other"
UNKNOWN: Final = "unknown"
"""Method and protocol of a request that was not captured."""
PROTOCOLS: Final = frozenset({"http/0.9", "http/1.0", "http/1.1", "h2", "grpc", "grpc-web", "websocket", UNKNOWN})
NO_RESPONSE: Final = "none"
BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the bins of response times, in seconds: from a cache on the same machine to a proxy's time-out."""
_CLASSES: Final = {hundred: f"{hundred}xx" for hundred in range(1, 6)}


class Labels(NamedTuple):
    """The labels of an exchange."""

    host: str
    method: str
    status: str
    """`1xx` to `5xx`, `none` without a response, `other` for an invalid status code."""


class Amounts(NamedTuple):
    """The sums of all exchanges with the same labels."""

    requests: int
    request_bytes: int
    response_bytes: int


class Times(NamedTuple):
    """Response times of a host."""

    bins: tuple[int, ...]
    """Number of times in each bin of BOUNDS, and above the last."""
    seconds: float
    """Sum of the times."""


class Totals(NamedTuple):
    """The counts up to a moment; immutable."""

    amounts: Mapping[Labels, Amounts] = MappingProxyType({})
    times: Mapping[str, Times] = MappingProxyType({})
    protocols: Mapping[str, int] = MappingProxyType({})
    """Exchanges by protocol."""
    calls: Mapping[str, int] = MappingProxyType({})
    """gRPC calls by the number of their status."""


class TrafficCounts:
    """Counts the exchanges that one thread adds."""

    def __init__(self, max_hosts: int) -> None:
        """Count at most `max_hosts` hosts separately: the first ones."""
        self._hosts = Names(max_hosts, OTHER_HOSTS)
        self._amounts: dict[Labels, list[int]] = {}
        self._bins: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}
        self._protocols: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()

    def add(self, records: Iterable[Any]) -> None:
        """Count the exchanges among the records."""
        for record in records:
            if type(record) is Exchange:
                self._add(record)

    def totals(self) -> Totals:
        """Return a copy of the counts."""
        return Totals(
            {labels: Amounts(*amounts) for labels, amounts in self._amounts.items()},
            {host: Times(tuple(bins), self._seconds[host]) for host, bins in self._bins.items()},
            dict(self._protocols),
            dict(self._calls),
        )

    def _add(self, exchange: Exchange) -> None:
        host = self._hosts.label(exchange.domain)
        labels = Labels(host, _method(exchange), _status(exchange))
        amounts = self._amounts.get(labels)
        if amounts is None:
            amounts = self._amounts[labels] = [0, 0, 0]
        amounts[0] += exchange.request is not None
        amounts[1] += exchange.request_bytes
        amounts[2] += exchange.response_bytes
        self._protocols[_protocol(exchange)] += 1
        if exchange.grpc_status is not None:
            self._calls[_code(exchange.grpc_status)] += 1
        if exchange.response_time is not None:
            self._add_time(host, exchange.response_time)

    def _add_time(self, host: str, seconds: float) -> None:
        bins = self._bins.get(host)
        if bins is None:
            bins = self._bins[host] = [0] * (len(BOUNDS) + 1)
        bins[bisect_left(BOUNDS, seconds)] += 1
        self._seconds[host] = self._seconds.get(host, 0.0) + seconds


def _method(exchange: Exchange) -> str:
    if exchange.request is None:
        return UNKNOWN
    return exchange.request.method if exchange.request.method in METHODS else OTHER


def _protocol(exchange: Exchange) -> str:
    known = exchange.protocol or UNKNOWN
    return known if known in PROTOCOLS else OTHER


def _code(status: int) -> str:
    return str(status) if is_named(status) else OTHER


def _status(exchange: Exchange) -> str:
    if exchange.failed_call:
        return "5xx"
    if exchange.status is not None:
        return _CLASSES.get(exchange.status // 100, OTHER)
    return NO_RESPONSE if exchange.answered is None else OTHER
