"""Body bytes that servers sent, in the bucket of the time the exchange ended."""

from collections import Counter
from collections.abc import Sequence

from alerting.part import Part
from traffic.records import Exchange, Request


class Volume:
    """By client and section."""

    def __init__(self) -> None:
        self.sent = Part("client", "section")

    def add(self, requests: Sequence[Request], exchanges: Sequence[Exchange]) -> None:
        """Count exchanges."""
        clients: Counter[str] = Counter()
        by_section: Counter[str] = Counter()
        for one in exchanges:
            if one.response_bytes:
                clients[one.client] += one.response_bytes
                if one.request is not None:
                    by_section[one.request.section] += one.response_bytes
        self.sent.add(clients.total(), client=clients, section=by_section)

    def successor(self) -> "Volume":
        """Empty."""
        return Volume()
