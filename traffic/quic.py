"""QUIC is encrypted: connections are recognised by the first packets of their handshake, and counted."""

from collections import OrderedDict
from typing import Final

HTTPS: Final = 443
_LONG, _FIXED = 0x80, 0x40
_NEGOTIATION: Final = 0
_LEAST_IDENTITY, _MOST_IDENTITY = 8, 20
"""Minimum length of the connection id that a client chooses for its server (RFC 9000 section 7.2), and maximum of any.
"""
_DRAFTS: Final = range(0xFF000001, 0xFF000080)
_MVFST: Final = range(0xFACEB000, 0xFACEB010)
_NAMED: Final = frozenset({0x00000001, 0x6B3343CF, 0x709A50C4})
"""Versions 1 and 2, and the last draft of version 2."""


def is_quic(data: bytes, start: int, end: int) -> bool:
    """Return whether a UDP payload is a QUIC packet with a version field: RFC 8999, or Google's predecessor."""
    if end - start < 12:
        return False
    first = data[start]
    if first & _LONG:
        return _is_long(first, data, start, end)
    # Google's public header: version flag, 8-byte connection id, version (up to Q043).
    return first & 0xC1 == 1 and _is_googles(
        data[start + 9 : start + 13] if first & 0x08 else data[start + 1 : start + 5]
    )


def _is_long(first: int, data: bytes, start: int, end: int) -> bool:
    tag = data[start + 1 : start + 5]
    version = int.from_bytes(tag, "big")
    if version == _NEGOTIATION:
        return _is_negotiation(data, start + 5, end)
    if not first & _FIXED:
        return False
    if _is_googles(tag):
        return True
    if version in _DRAFTS or version in _MVFST:
        return True
    known = version in _NAMED or version & 0x0F0F0F0F == 0x0A0A0A0A
    return known and data[start + 5] <= _MOST_IDENTITY


def _is_negotiation(data: bytes, place: int, end: int) -> bool:
    """Check the connection ids of the client and for the server, then 4-byte versions (RFC 8999 section 6)."""
    place += 1 + data[place]
    if place >= end or not _LEAST_IDENTITY <= data[place] <= _MOST_IDENTITY:
        return False
    place += 1 + data[place]
    return place < end and (end - place) % 4 == 0


def _is_googles(tag: bytes) -> bool:
    """Return whether a version is one of Google's, such as `Q043` or `T051`."""
    return tag[:2] in (b"Q0", b"T0") and tag[2:].isdigit()


class QuicConnections:
    """Counts connections: each pair of endpoints once, until it falls silent."""

    def __init__(self, most: int, timeout: float) -> None:
        self._most = most
        self._timeout = timeout
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def is_new(self, time: float, one: bytes, other: bytes) -> bool:
        """Return whether no connection between these two endpoints was seen recently."""
        pair = one + other if one < other else other + one
        last = self._seen.pop(pair, None)
        self._seen[pair] = time
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return last is None or time - last > self._timeout

    def expire(self, now: float) -> None:
        """Forget idle connections."""
        while self._seen:
            pair, last = next(iter(self._seen.items()))
            if now - last <= self._timeout:
                return
            del self._seen[pair]
