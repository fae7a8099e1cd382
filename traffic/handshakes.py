"""Connections that have sent no data: just the sequence numbers of their SYNs and FINs are kept.

So a SYN flood costs little, and a connection is followed from its first byte. A FIN captured before that byte, because
the capture reordered them, takes no room of its own.
"""

from collections import OrderedDict
from typing import NamedTuple

from traffic.health import Health
from traffic.segment import FAR, MASK, after


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

    def starts(self, number: int) -> bool:
        """Return whether the first byte after this SYN has this number."""
        return (self.seq + 1) & MASK == number

    def leads_to(self, number: int) -> bool:
        """Return whether a byte with this number may soon follow this SYN, or take its number (generated captures)."""
        return 0 <= after(number, self.seq) < FAR


Noted = tuple[Handshake, ...]
"""The SYNs of one direction with different numbers, of which at most one is genuine: the latest, and the first."""


class Handshakes:
    """SYNs by packet key, oldest first. At most `limit` keys are kept, for `timeout` seconds each.

    Anyone can send a SYN, and a server that kept no note of the first (SYN cookies, SYN proxies) answers the second
    with another number. So the first one is kept besides the latest, until the other side's numbers choose.
    """

    def __init__(self, limit: int, timeout: float, health: Health) -> None:
        self._limit = limit
        self._timeout = timeout
        self._health = health
        self._noted: OrderedDict[bytes, Noted] = OrderedDict()

    def note(self, key: bytes, handshake: Handshake) -> bool:
        """Remember a SYN; return whether its number is new."""
        known = self._noted.pop(key, ())
        same = next((one for one in known if one.seq == handshake.seq), None)
        if same is not None:
            handshake = handshake._replace(fin=same.fin)
        if len(self._noted) >= self._limit:
            self._noted.popitem(last=False)
            self._health.evicted += 1
        self._noted[key] = (handshake, *[one for one in known if one.seq != handshake.seq][-1:])
        return same is None

    def end(self, key: bytes, fin: int) -> None:
        """Remember the sequence number of a FIN, if a SYN with this key is known."""
        known = self._noted.get(key)
        if known is not None:
            self._noted[key] = (known[0]._replace(fin=fin), *known[1:])

    def noted(self, key: bytes) -> Noted:
        """Return the SYNs with this key, the latest first."""
        return self._noted.get(key, ())

    def take(self, key: bytes) -> Noted:
        """Remove and return the SYNs with this key, the latest first."""
        return self._noted.pop(key, ())

    def expire(self, now: float) -> None:
        """Forget SYNs that no data followed in time."""
        while self._noted:
            key, noted = next(iter(self._noted.items()))
            if noted[0].time + self._timeout > now:
                return
            del self._noted[key]


def chosen(own: Noted, other: Noted, seq: int, ack: int) -> tuple[Handshake | None, Handshake | None]:
    """Return the SYNs of both directions that agree with the first bytes of a connection.

    Those bytes come from the `own` direction, with these sequence and acknowledgment numbers (-1: none).
    """
    mine = next((one for one in own if one.starts(seq)), None)
    its = next((one for one in other if one.starts(ack)), None)
    mine = mine or _partner(own, its)
    its = its or _partner(other, mine)
    if mine is None and its is None:
        mine = next((one for one in own if one.leads_to(seq)), None)
        its = next((one for one in other if ack < 0 or one.leads_to(ack)), None)
    return mine, its


def _partner(noted: Noted, other: Handshake | None) -> Handshake | None:
    """Return the SYN that another one answers, or that answers it."""
    if other is None:
        return None
    return next((one for one in noted if one.starts(other.ack) or other.starts(one.ack)), None)
