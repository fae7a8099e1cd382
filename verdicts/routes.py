"""Which requests are judged, how strictly and how long: by host and path. Pure.

A route is a text such as `/admin enforce closed 100ms` or `shop.example.com/ shadow`. It holds for its path and all
below it. The host decides first, then the longest path.

Servers do not agree on what a path such as `/%61dmin`, `//admin`, `/x/..;/admin` or `/x%2f..%2fadmin` is. So a path has
several readings. If they lead to different routes, the strictest one holds. Upper and lower case are the same.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from verdicts.question import path_of

OFF: Final = "off"
SHADOW: Final = "shadow"
ENFORCE: Final = "enforce"
MODES: Final = (OFF, SHADOW, ENFORCE)
"""Not asked; asked and only logged; asked and obeyed. The strictest is the last."""
OPEN: Final = "open"
CLOSED: Final = "closed"
MOST: Final = 1_000
"""Routes."""
LONGEST_DEADLINE: Final = 10.0
"""Seconds."""
_DEADLINE: Final = re.compile(r"(\d{1,5})ms|(\d{1,2}(?:\.\d{1,3})?)s")
_HOST: Final = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]|")
_PLAIN: Final = re.compile(rb"(?:/(?!\.)[^%\\/;\x80-\xff]+)*/?")
"""Paths with one reading only."""
_ESCAPE: Final = re.compile(r"%([0-9a-f]{2})")
_UNRESERVED: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._~")
_PARAMETERS: Final = re.compile(r";[^/]*")
_DECODINGS: Final = 3
"""How often a path is decoded at most: a front and the servers behind it may each do so once."""


class RouteError(ValueError):
    """A text is no route. The text is one line for the user."""


class Route(NamedTuple):
    """How requests for a part of a site are judged."""

    host: str
    """In lower case; `*.example.com` for all names below; empty for all hosts."""
    path: str
    """In lower case, without a slash at the end."""
    mode: str
    """One of MODES."""
    closed: bool
    """Whether a request is refused if it could not be judged in time, provided that the mode is `enforce`."""
    deadline: float
    """Seconds for an answer."""

    @property
    def strictness(self) -> tuple[int, bool]:
        """Order of routes: the strictest is the greatest."""
        return MODES.index(self.mode), self.closed

    @property
    def place(self) -> str:
        """Host and path as one writes them."""
        return f"{self.host}{self.path or '/'}"


class Routes:
    """All routes. What none of them covers has the mode `shadow`."""

    def __init__(self, texts: Sequence[str], deadline: float) -> None:
        """Read the routes; `deadline` in seconds holds where none is given.

        Raises:
            RouteError: a text is no route, or one comes twice.
        """
        routes = [route_of(text, deadline) for text in texts]
        places = [route.place for route in routes]
        for number, place in enumerate(places):
            if place in places[:number]:
                raise RouteError(f"the route {place} is listed twice")
        if len(routes) > MOST:
            raise RouteError(f"more than {MOST:,} routes")
        if "/" not in places:
            routes.append(Route("", "", SHADOW, False, deadline))
        self._routes = sorted(routes, key=_specific, reverse=True)

    @property
    def longest_deadline(self) -> float:
        """The longest deadline in seconds."""
        return max(route.deadline for route in self._routes)

    @property
    def enforcing(self) -> bool:
        """Whether a route may refuse requests."""
        return any(route.mode == ENFORCE for route in self._routes)

    def __iter__(self) -> Iterator[Route]:
        """Return the routes, the most specific first."""
        return iter(self._routes)

    def find(self, host: str, target: bytes) -> Route:
        """Return the route of a request; `host` is in lower case."""
        path = path_of(target)
        if _PLAIN.fullmatch(path):
            return self._match(host, path.decode("latin-1").lower())
        return max((self._match(host, reading) for reading in readings(path)), key=lambda route: route.strictness)

    def _match(self, host: str, path: str) -> Route:
        return next(route for route in self._routes if _covers_host(route.host, host) and _covers(route.path, path))


def route_of(text: str, deadline: float) -> Route:
    """Return the route that a text says.

    Raises:
        RouteError: it says none.
    """
    place, *words = text.split() or [""]
    mode, closed, own = "", False, deadline
    for word in words:
        if word in MODES:
            mode = word
        elif word in (OPEN, CLOSED):
            closed = word == CLOSED
        elif (seconds := seconds_of(word)) is not None:
            own = seconds
        else:
            raise RouteError(f"{text!r}: {word!r} is none of {', '.join(MODES)}, {OPEN}, {CLOSED}, 50ms")
    host, slash, path = place.partition("/")
    if not slash or not _HOST.fullmatch(host.lower()):
        raise RouteError(f"{text!r}: a route begins with a path or host and path, such as /admin or example.com/admin")
    if not mode:
        raise RouteError(f"{text!r}: a route has one of {', '.join(MODES)}, such as `{place} {SHADOW}`")
    if mode == OFF and closed:
        raise RouteError(f"{text!r}: what is off is not judged, so it cannot be {CLOSED}")
    (read,) = readings(b"/" + path.encode("utf-8"))[:1]
    return Route(host.lower(), read.rstrip("/"), mode, closed, own)


def seconds_of(text: str) -> float | None:
    """Return the seconds of a text such as `50ms` or `0.5s`, from 1 ms to LONGEST_DEADLINE; None if it is no such."""
    found = _DEADLINE.fullmatch(text)
    if found is None:
        return None
    seconds = int(found[1]) / 1000 if found[1] else float(found[2])
    return seconds if 0.001 <= seconds <= LONGEST_DEADLINE else None


def readings(path: bytes) -> list[str]:
    """Return what servers may take a path for, in lower case: decoded by RFC 3986 section 6.2.2, and further."""
    text = path.decode("latin-1").lower()
    cautious = _ESCAPE.sub(_unreserved, text)
    whole = text
    for _ in range(_DECODINGS):
        whole = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), whole)
    whole = whole.replace("\\", "/").lower()
    found = (cautious, _PARAMETERS.sub("", cautious), whole, _PARAMETERS.sub("", whole))
    return list(dict.fromkeys(_resolved(each, merged) for each in found for merged in (True, False)))


def _unreserved(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16)).lower()
    return character if character in _UNRESERVED else found[0]


def _resolved(path: str, merged: bool) -> str:
    """Take out dots (RFC 3986 section 5.2.4) and empty segments; these before the dots if they are `merged`."""
    segments: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del segments[-1:]
        elif segment != "." and (segment or not merged):
            segments.append(segment)
    return "/" + "/".join(filter(None, segments))


def _specific(route: Route) -> tuple[bool, bool, int, int]:
    return bool(route.host), not route.host.startswith("*"), len(route.host), len(route.path)


def _covers_host(wanted: str, host: str) -> bool:
    return not wanted or wanted == host or (wanted.startswith("*.") and host.endswith(wanted[1:]))


def _covers(wanted: str, path: str) -> bool:
    return path.startswith(wanted) and (len(path) == len(wanted) or path[len(wanted)] in "/;")
