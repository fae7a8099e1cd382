"""Response times per server, and whose the slowest are."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final

import numpy as np

from alerting.counts.sections import sections
from alerting.counts.servers import server_name
from alerting.part import Part
from store.distribution import LAST, Distribution, bins_of
from traffic.records import Exchange, Request

MAX_SERVERS: Final = 100
"""Servers that are kept apart in a bucket; those that come later are not judged."""
MAX_NAMES: Final = 10
"""Sections and clients of the slowest exchanges of a server."""
SHARE: Final = 0.95
"""The quantile that is looked at; what is slower tells who is to be named."""

Address = tuple[str, int]
_SERVER = attrgetter("server", "server_port")
_RESPONSE_TIME = attrgetter("response_time")


class ServerTimes:
    """Of one server."""

    __slots__ = ("bins", "slow")

    def __init__(self) -> None:
        self.bins: Counter[int] = Counter()
        self.slow = Part("section", "client", max_names=MAX_NAMES)
        """The slowest: those not below the p95 of the bucket as it was when they came."""

    @property
    def count(self) -> int:
        """How many times there are."""
        return self.bins.total()

    @property
    def p95(self) -> float:
        """Seconds that 95 % do not exceed; 0 where nothing was timed."""
        return Distribution.of(self.bins.items()).quantile(SHARE) or 0.0

    def add(self, exchanges: Sequence[Exchange]) -> None:
        """Count their times, and whose the slowest are."""
        numbers = _bins(map(_RESPONSE_TIME, exchanges))
        self.bins.update(numbers)
        edge = _edge(self.bins)
        slow = [one for one, number in zip(exchanges, numbers, strict=True) if number >= edge]
        asked = [one.request for one in slow if one.request is not None]
        self.slow.add(len(slow), section=sections(asked), client=Counter(one.client for one in slow))


class ResponseTimes:
    """From the first byte of a request to the first byte of its response, by server."""

    def __init__(self) -> None:
        self.servers: dict[str, ServerTimes] = {}

    def add(self, requests: Sequence[Request], exchanges: Sequence[Exchange]) -> None:
        """Count exchanges whose response time is known, and whose the slowest are."""
        timed = [one for one in exchanges if one.response_time is not None]
        for server, its in _by_server(timed).items():
            name = server_name(*server)
            if name in self.servers or len(self.servers) < MAX_SERVERS:
                self.servers.setdefault(name, ServerTimes()).add(its)

    def successor(self) -> "ResponseTimes":
        """Empty."""
        return ResponseTimes()


def _by_server(exchanges: list[Exchange]) -> Mapping[Address, list[Exchange]]:
    servers = set(map(_SERVER, exchanges))
    if len(servers) == 1:  # as on the host of a web server
        return dict.fromkeys(servers, exchanges)
    found: dict[Address, list[Exchange]] = {server: [] for server in servers}
    for one in exchanges:
        found[one.server, one.server_port].append(one)
    return found


def _bins(times: Iterable[float]) -> list[int]:
    """Numbers of the bins of times."""
    numbers: list[int] = bins_of(np.fromiter(times, np.float64)).tolist()
    return numbers


def _edge(bins: Counter[int]) -> int:
    """The bin of the p95."""
    times = bins.total()
    left = times - int(SHARE * (times - 1))
    for number in sorted(bins, reverse=True):
        left -= bins[number]
        if left <= 0:
            return number
    return LAST
