"""Connections on which a first request was seen.

One is taken as new when neither this bucket nor the one before had a request on it, so a connection that idles for
longer counts again. What is remembered is bounded: beyond `MAX_CONNECTIONS` in a bucket, a connection counts as new
whenever a request comes on it and its number is not known.
"""

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from alerting.counts.servers import server_name
from alerting.part import Part
from traffic.records import Exchange, Request

MAX_CONNECTIONS: Final = 65536
"""Remembered of a bucket, by their hashes: 60 bytes each."""
_ENDS = attrgetter("client", "client_port", "server", "server_port")


class Connections:
    """New ones, by client and server."""

    def __init__(self, before: frozenset[int] = frozenset()) -> None:
        self.new = Part("client", "server")
        self._before = before
        self._seen: set[int] = set()

    def add(self, requests: Sequence[Request], exchanges: Sequence[Exchange]) -> None:
        """Count the connections of requests that are not known yet."""
        known, before = self._seen, self._before
        numbers = {hash(ends): ends for ends in set(map(_ENDS, requests))}
        new = [ends for number, ends in numbers.items() if number not in known and number not in before]
        room = max(0, MAX_CONNECTIONS - len(known))
        known.update(number for number, _ in zip(numbers, range(room), strict=False))
        servers = Counter(server_name(server, port) for _, _, server, port in new)
        self.new.add(len(new), client=Counter(client for client, *_ in new), server=servers)

    def successor(self) -> "Connections":
        """Empty; it knows the connections of this one."""
        return Connections(frozenset(self._seen))
