"""Exchanges per protocol."""

from stats.statistic import HITS
from traffic.records import Exchange
from traffic.text import UNKNOWN


class TopProtocols:
    """Exchanges per protocol, such as `http/1.1`, `h2` or `grpc`. There is no panel while all speak HTTP/1."""

    name, title, unit, record = "top_protocols", "Top hits by protocol", HITS, Exchange
    columns = ("protocol",)
    only_when_seen, usual = True, frozenset({"http/0.9", "http/1.0", "http/1.1", UNKNOWN})

    def key(self, protocol: str) -> str:
        """Return the protocol; `(unknown)` if the request was not seen."""
        return protocol or UNKNOWN
