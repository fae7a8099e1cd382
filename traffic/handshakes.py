"""Connections that have said no more than SYN: their numbers are noted, and nothing else is kept of them.

So a flood of SYN costs little, and a connection is followed from its first byte on.
"""

from collections import OrderedDict
from typing import NamedTuple

from traffic.health import Health


class Handshake(NamedTuple):
    """The SYN of one direction (RFC 9293 section 3.5)."""

    time: float
    """Capture time in seconds since the epoch."""
    seq: int
    """Its initial sequence number."""
    ack: int
    """The number after the initial one of the other direction; -1 when it acknowledges nothing: the client's."""


class Handshakes:
    """By the key of their packets, the oldest first. At most `limit` of them, for `timeout` seconds each."""

    def __init__(self, limit: int, timeout: float, health: Health) -> None:
        self._limit = limit
        self._timeout = timeout
        self._health = health
        self._noted: OrderedDict[bytes, Handshake] = OrderedDict()

    def note(self, key: bytes, handshake: Handshake) -> None:
        """A SYN came."""
        self._noted.pop(key, None)
        if len(self._noted) >= self._limit:
            self._noted.popitem(last=False)
            self._health.evicted += 1
        self._noted[key] = handshake

    def take(self, key: bytes) -> Handshake | None:
        """What was noted, which is noted no longer."""
        return self._noted.pop(key, None)

    def expire(self, now: float) -> None:
        """Forget those that came to nothing."""
        while self._noted:
            key, handshake = next(iter(self._noted.items()))
            if handshake.time + self._timeout > now:
                return
            del self._noted[key]
