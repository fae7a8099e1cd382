"""Requests: how many, of which clients, for which sections."""

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter

from alerting.counts.sections import sections
from alerting.part import Part
from traffic.records import Exchange, Request

_CLIENT = attrgetter("client")


class Requests:
    """In the bucket of the time they were made."""

    def __init__(self) -> None:
        self.all = Part("client", "section")

    def add(self, requests: Sequence[Request], exchanges: Sequence[Exchange]) -> None:
        """Count requests."""
        if requests:
            self.all.add(len(requests), client=Counter(map(_CLIENT, requests)), section=sections(requests))

    def successor(self) -> "Requests":
        """Empty."""
        return Requests()
