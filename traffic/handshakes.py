"""Connections that have sent no data: just the sequence numbers of their SYNs and FINs are kept.

So a SYN flood costs little, and a connection is followed from its first byte. A FIN captured before that byte, because
the capture reordered them, takes no room of its own.
"""

from collections import OrderedDict
from typing import NamedTuple

from traffic.health import Health


class Handshake(NamedTuple):
    """The SYN of one direction (RFC 9293 section 3.5)."""

    time: float
    """Capture time in seconds since the epoch."""
    seq: int
    """Initial sequence number."""
    ack: int
    """Acknowledgment number: the peer's initial sequence number plus one. -1 if there is none (the client's SYN)."""
    fin: int = -1
    """Sequence number of the FIN captured before any data of the connection. -1 if there was none."""


class Handshakes:
    """SYNs by packet key, oldest first. At most `limit` are kept, for `timeout` seconds each."""

    def __init__(self, limit: int, timeout: float, health: Health) -> None:
        self._limit = limit
        self._timeout = timeout
        self._health = health
        self._noted: OrderedDict[bytes, Handshake] = OrderedDict()

    def note(self, key: bytes, handshake: Handshake) -> None:
        """Remember a SYN."""
        known = self._noted.pop(key, None)
        if known is not None and known.seq == handshake.seq:
            handshake = handshake._replace(fin=known.fin)
        if len(self._noted) >= self._limit:
            self._noted.popitem(last=False)
            self._health.evicted += 1
        self._noted[key] = handshake

    def end(self, key: bytes, fin: int) -> None:
        """Remember the sequence number of a FIN, if the SYN with this key is known."""
        known = self._noted.get(key)
        if known is not None:
            self._noted[key] = known._replace(fin=fin)

    def take(self, key: bytes) -> Handshake | None:
        """Remove and return the SYN with this key."""
        return self._noted.pop(key, None)

    def expire(self, now: float) -> None:
        """Forget SYNs that no data followed in time."""
        while self._noted:
            key, handshake = next(iter(self._noted.items()))
            if handshake.time + self._timeout > now:
                return
            del self._noted[key]
