"""Connections that ended lately: their numbers tell stragglers from a new connection between the same ports.

A segment whose bytes were seen before is a straggler: a copy from another capture point, or sent again. A segment with
other numbers starts a connection whose SYN was missed. A sender that did not get a RST sends its bytes again for
minutes, at growing intervals (RFC 6298 section 5.5), so connections that ended by RST are remembered for longer.
"""

from collections import OrderedDict
from typing import NamedTuple

from traffic.limits import Limits
from traffic.segment import FAR, MASK, after
from traffic.stream import Stream


class Past(NamedTuple):
    """How far one direction of a closed connection got."""

    time: float
    """Capture time of the connection's last packet."""
    origin: int
    """Initial sequence number; -1 if unknown."""
    next: int
    """The sequence number after its last byte; -1 if nothing was seen."""

    def includes(self, seq: int) -> bool:
        """Return whether a sequence number was in use."""
        if self.next < 0 or not 0 < after(self.next, seq) <= FAR:
            return False
        return self.origin < 0 or (seq - self.origin) & MASK <= (self.next - self.origin) & MASK


class Closed:
    """The directions of closed connections by packet key, oldest first. Their number and their time are limited."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._closed: OrderedDict[bytes, Past] = OrderedDict()
        self._reset: OrderedDict[bytes, Past] = OrderedDict()

    def note(self, key: bytes, stream: Stream, now: float, *, reset: bool) -> None:
        """Remember a direction of a connection that ended, by a RST (`reset`) or otherwise."""
        past = self._reset if reset else self._closed
        past[key] = Past(now, stream.origin, stream.next)

    def forget(self, key: bytes) -> None:
        """Forget a direction, because a new connection uses its ports."""
        self._closed.pop(key, None)
        self._reset.pop(key, None)

    def straggles(self, key: bytes, seq: int, now: float) -> bool:
        """Return whether a data segment with this number belongs to a closed connection."""
        past = self._closed.get(key) or self._reset.get(key)
        if past is None:
            return False
        if now < past.time + self._limits.closed_timeout:
            return past.next < 0 or past.includes(seq)
        return key in self._reset and now < past.time + self._limits.connection_timeout and past.includes(seq)

    def repeats(self, key: bytes, seq: int, now: float) -> bool:
        """Return whether a SYN with this number is a copy of that of a closed connection.

        The number 0 proves nothing: it is that of generated segments.
        """
        past = self._closed.get(key) or self._reset.get(key)
        return past is not None and 0 < seq == past.origin and now < past.time + self._limits.closed_timeout

    def expire(self, now: float) -> None:
        """Forget what ended long enough ago, and the oldest if there are too many."""
        for table, timeout in (
            (self._closed, self._limits.closed_timeout),
            (self._reset, self._limits.connection_timeout),
        ):
            while table and next(iter(table.values())).time + timeout <= now:
                table.popitem(last=False)
        while len(self._closed) + len(self._reset) > 2 * self._limits.connections:
            (self._closed or self._reset).popitem(last=False)
