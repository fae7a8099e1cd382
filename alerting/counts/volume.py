"""Body bytes that servers sent, in the bucket of the time the exchange ended."""

from collections import Counter
from collections.abc import Sequence

from alerting.counts.sections import sections
from alerting.part import Part
from traffic.records import Exchange, Request


class Volume:
    """By client and section."""

    def __init__(self) -> None:
        self.sent = Part("client", "section")

    def add(self, requests: Sequence[Request], exchanges: Sequence[Exchange]) -> None:
        """Count exchanges."""
        with_body = [one for one in exchanges if one.response_bytes]
        clients: Counter[str] = Counter()
        for one in with_body:
            clients[one.client] += one.response_bytes
        known = [(one.request, one.response_bytes) for one in with_body if one.request is not None]
        by_section: Counter[str] = Counter()
        for section, (_, volume) in zip(sections(request for request, _ in known), known, strict=True):
            by_section[section] += volume
        self.sent.add(clients.total(), client=clients, section=by_section)

    def successor(self) -> "Volume":
        """Empty."""
        return Volume()
