"""Response times per server, and whose the slowest are."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import ceil, log
from typing import Final

from alerting.counts.sections import sections
from alerting.counts.servers import server_name
from alerting.part import Part
from store.distribution import HIGHEST, LAST, LOWEST, SCALE, Distribution, bin_of
from traffic.records import Exchange, Request

MAX_SERVERS: Final = 100
"""Servers that are kept apart in a bucket; those that come later are not judged."""
MAX_NAMES: Final = 20
"""Sections and clients of the slowest exchanges of a server."""
SHARE: Final = 0.95
"""The quantile that is looked at; what is slower tells who is to be named."""


class ServerTimes:
    """Of one server."""

    __slots__ = ("bins", "count", "slow")

    def __init__(self) -> None:
        self.count = 0
        self.bins: Counter[int] = Counter()
        self.slow = Part("section", "client", max_names=MAX_NAMES)
        """The slowest of each batch: those not below its p95."""

    @property
    def p95(self) -> float:
        """Seconds that 95 % do not exceed; 0 where nothing was timed."""
        return Distribution.of(self.bins.items()).quantile(SHARE) or 0.0

    def add(self, exchanges: Sequence[Exchange]) -> None:
        """Count the times, and whose the slowest are."""
        numbers = _bins(one.response_time for one in exchanges)  # type: ignore[misc] # none is None here
        counted = Counter(numbers)
        self.count += len(numbers)
        self.bins.update(counted)
        edge = _edge(counted, len(numbers))
        slow = [one for one, number in zip(exchanges, numbers, strict=True) if number >= edge]
        asked = [one.request for one in slow if one.request is not None]
        self.slow.add(len(slow), section=Counter(sections(asked)), client=Counter(one.client for one in slow))


class ResponseTimes:
    """From the first byte of a request to the first byte of its response, by server."""

    def __init__(self) -> None:
        self.servers: dict[str, ServerTimes] = {}

    def add(self, requests: Sequence[Request], exchanges: Sequence[Exchange]) -> None:
        """Count exchanges whose response time is known."""
        by_server: defaultdict[tuple[str, int], list[Exchange]] = defaultdict(list)
        for one in exchanges:
            if one.response_time is not None:
                by_server[one.server, one.server_port].append(one)
        for server, timed in by_server.items():
            name = server_name(*server)
            if name in self.servers or len(self.servers) < MAX_SERVERS:
                self.servers.setdefault(name, ServerTimes()).add(timed)

    def successor(self) -> "ResponseTimes":
        """Empty."""
        return ResponseTimes()


def _bins(times: Iterable[float]) -> list[int]:
    """As `bin_of`, without a call for each."""
    return [ceil(log(time / LOWEST) * SCALE) if LOWEST < time < HIGHEST else bin_of(time) for time in times]


def _edge(counted: Counter[int], times: int) -> int:
    """The bin of the p95."""
    left = times - int(SHARE * (times - 1))
    for number in sorted(counted, reverse=True):
        left -= counted[number]
        if left <= 0:
            return number
    return LAST
