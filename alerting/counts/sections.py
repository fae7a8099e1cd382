"""Sections of many requests. What of a target cannot change its section is cut off, so that most are looked up."""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter

from traffic.records import Request

_PARTS = attrgetter("server", "method", "host")


def sections(requests: Sequence[Request]) -> Counter[str]:
    """How often each section was asked for.

    That of `/cart/12` is that of `/cart/34` too, for the same host: what comes after the first segment of a path says
    nothing. Targets of other forms are taken whole.
    """
    alike = Counter(zip(map(_PARTS, requests), _heads(requests), strict=True))
    found: Counter[str] = Counter()
    for ((server, method, host), head), count in alike.items():
        found[Request(0.0, "", 0, server, 0, method, host, head, "", "", "").section] += count
    return found


def _heads(requests: Iterable[Request]) -> list[str]:
    """What of each target the section depends on."""
    return [
        target[:end]
        if (end := (target := request.target).find("/", 1)) > 1 and target[0] == "/" and request.method != "CONNECT"
        else target
        for request in requests
    ]
