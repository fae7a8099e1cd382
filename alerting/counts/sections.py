"""Sections of many requests. What of a target cannot change its section is cut off, so that most are looked up."""

from collections import Counter
from collections.abc import Sequence

from traffic.records import Request


def sections(requests: Sequence[Request]) -> Counter[str]:
    """How often each section was asked for.

    That of `/cart/12` is that of `/cart/34` too, for the same host: what comes after the first segment of a path says
    nothing. Targets of other forms are taken whole. Strings of records hold no NUL.
    """
    likes = [
        f"{request.server}\0{request.host}\0{target[:end]}"
        if (end := (target := request.target).find("/", 1)) > 1 and target[0] == "/" and request.method != "CONNECT"
        else f"{request.server}\0{request.host}\0{target}\0{request.method}"
        for request in requests
    ]
    examples = dict(zip(likes, requests, strict=True))
    found: Counter[str] = Counter()
    for like, count in Counter(likes).items():
        found[examples[like].section] += count
    return found
