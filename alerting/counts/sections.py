"""Sections of many requests. What of a target cannot change its section is cut off, so that most are looked up."""

from collections.abc import Iterable

from traffic.records import Request


def sections(requests: Iterable[Request]) -> list[str]:
    """The section of each request.

    That of `/cart/12` is that of `/cart/34` too, for the same host: what comes after the first segment of a path says
    nothing. Targets of other forms are taken whole.
    """
    known: dict[tuple[str, str, str, str], str] = {}
    found = []
    for request in requests:
        target = request.target
        end = target.find("/", 1)
        head = target[:end] if end > 1 and target[0] == "/" else target
        like = (request.server, request.method, request.host, head)
        section = known.get(like)
        if section is None:
            section = known[like] = request.section
        found.append(section)
    return found
