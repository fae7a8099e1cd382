"""Reassembly of IP datagrams from fragments (RFC 791, RFC 8200 section 4.5).

Of bytes received twice, the first copy counts. Buffered fragments are limited in bytes and in time; discarded ones are
counted.
"""

from collections import OrderedDict
from typing import Final

from traffic.health import Health
from traffic.limits import Budget

_LARGEST: Final = 65535
_MOST_DATAGRAMS: Final = 4096
_SHARE: Final = 4
"""Fragments may use the total buffer divided by this, so that a flood of them leaves room for streams."""
_PART_COST: Final = 200
"""Overhead of a buffered fragment in bytes; a datagram costs a few times as much."""
_MOST_FRAGMENTS: Final = 512
"""Maximum fragments per datagram: 64 KiB in pieces of 128 bytes."""


class _Datagram:
    __slots__ = ("cost", "parts", "size", "started", "total")

    def __init__(self, time: float) -> None:
        self.started = time
        self.parts: dict[int, bytes] = {}
        self.size = 0
        self.cost = 0
        self.total = -1


class Fragments:
    """The incomplete datagrams."""

    def __init__(self, timeout: float, health: Health, budget: Budget) -> None:
        self._timeout = timeout
        self._health = health
        self._budget = budget
        self._used = 0
        self._most = budget.limit // _SHARE
        self._datagrams: OrderedDict[bytes, _Datagram] = (
            OrderedDict()
        )  # an ordered dictionary finds its first entry at once

    def add(self, time: float, ident: bytes, offset: int, more: bool, part: bytes) -> bytes | None:
        """Add a fragment: `part` belongs at `offset`, and `more` follow. Return the payload of a completed datagram."""
        if not part or offset + len(part) > _LARGEST or (more and len(part) % 8):
            self._health.oddities["bad IP fragment"] += 1
            return None
        datagram = self._datagrams.get(ident)
        if datagram is None:
            if len(self._datagrams) >= _MOST_DATAGRAMS:
                self._drop(next(iter(self._datagrams)))
            datagram = self._datagrams[ident] = _Datagram(time)
            self._charge(datagram, 4 * _PART_COST)
        if offset in datagram.parts:
            self._health.oddities["duplicate IP fragment"] += 1
            return None
        datagram.parts[offset] = part
        datagram.size += len(part)
        self._charge(datagram, len(part) + _PART_COST)
        if not more:
            datagram.total = offset + len(part)
        if len(datagram.parts) > _MOST_FRAGMENTS or self._used > self._most or self._budget.used > self._budget.limit:
            self._drop(ident)
            return None
        if datagram.total < 0 or datagram.size < datagram.total:
            return None
        return self._join(ident, datagram)

    def expire(self, now: float) -> None:
        """Drop datagrams that were started too long ago; they are sorted by start."""
        while self._datagrams:
            ident = next(iter(self._datagrams))
            if now - self._datagrams[ident].started < self._timeout:
                return
            self._drop(ident)

    def _join(self, ident: bytes, datagram: _Datagram) -> bytes | None:
        whole = bytearray()
        for offset in sorted(datagram.parts):
            if offset > len(whole):
                return None  # a hole despite enough bytes: some fragments overlap
            part = datagram.parts[offset]
            if offset < len(whole):
                self._health.oddities["overlapping IP fragments"] += 1
                part = part[len(whole) - offset :]
            whole += part
        self._forget(ident)
        return bytes(whole[: datagram.total])

    def _drop(self, ident: bytes) -> None:
        self._health.oddities["incomplete IP datagram"] += 1
        self._forget(ident)

    def _forget(self, ident: bytes) -> None:
        cost = self._datagrams.pop(ident).cost
        self._used -= cost
        self._budget.used -= cost

    def _charge(self, datagram: _Datagram, size: int) -> None:
        datagram.cost += size
        self._used += size
        self._budget.used += size
