"""The claim of a new connection to addresses and ports that are in use, until it is believed or contradicted.

Anyone can send a SYN for a connection that is open. Its receiver answers with the numbers of the open connection (RFC
5961 section 4), so both are kept until one side takes up the numbers of the other: the client those of a SYN-ACK, or
the server those of a SYN. If one direction is not captured, the other is enough. Data with numbers of its own, whose
SYN was perhaps missed, is kept in the same way until the other side uses its numbers, or the old ones go on.
"""

from typing import Final, NamedTuple

from traffic.handshakes import Noted
from traffic.limits import Budget
from traffic.packet import Packet
from traffic.segment import ACK, FAR, MASK, SEGMENT_COST, after

_MOST_POSTPONED: Final = 16
"""Maximum segments kept until the SYN before them is answered; servers acknowledge earlier than that."""


class Place(NamedTuple):
    """Where the sender of a segment is in the open connection."""

    next: int
    """Sequence number of its next byte; -1 if unknown."""
    acknowledges: int
    """Sequence number of the other side's next byte; -1 if unknown."""
    alone: bool
    """Whether nothing was captured from the other side."""


class Claim:
    """The segments that follow an unanswered SYN, or one that was missed."""

    __slots__ = ("_budget", "postponed")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.postponed: list[tuple[float, Packet]] = []

    @property
    def full(self) -> bool:
        """Whether another segment would displace the first."""
        return len(self.postponed) >= _MOST_POSTPONED

    def postpone(self, time: float, packet: Packet) -> bool:
        """Keep a segment; return whether there was room for all."""
        data = packet.data[packet.start : packet.end]
        self.postponed.append((time, packet._replace(data=data, start=0, end=len(data))))
        self._budget.used += _cost(packet)
        if len(self.postponed) <= _MOST_POSTPONED and self._budget.used <= self._budget.limit:
            return True
        _, oldest = self.postponed.pop(0)
        self._budget.used -= _cost(oldest)
        return False

    def take(self) -> list[tuple[float, Packet]]:
        """Remove and return all segments."""
        postponed, self.postponed = self.postponed, []
        self._budget.used -= sum(_cost(packet) for _, packet in postponed)
        return postponed

    def goes_on(self, place: Place, packet: Packet) -> bool:
        """Return whether a segment follows those that are kept in its direction, rather than its stream."""
        return any(
            held.key == packet.key and _nearer(packet, held.seq, held.ack if held.flags & ACK else -1, place)
            for _, held in self.postponed
        )

    def believed(self, place: Place, packet: Packet, own: Noted, other: Noted) -> bool:
        """Return whether a segment shows that both sides use the numbers of the new connection.

        `own` and `other` are the SYNs in the direction of the segment and in the other one.
        """
        return (
            any(shake.ack >= 0 and _nearer(packet, shake.ack, shake.seq + 1, place) for shake in other)
            or any(
                shake.ack >= 0
                and (place.alone or any(one.starts(shake.ack) for one in other))
                and _nearer(packet, shake.seq + 1, shake.ack, place)
                for shake in own
            )
            or any(
                held.key != packet.key and held.flags & ACK and _nearer(packet, held.ack, held.seq, place)
                for _, held in self.postponed
            )
        )


def follows_call(place: Place, packet: Packet, own: Noted) -> bool:
    """Return whether a segment follows a SYN in its own direction that no one has answered, rather than its stream."""
    return any(shake.ack < 0 and _nearer(packet, shake.seq + 1, -1, place) for shake in own)


def _cost(packet: Packet) -> int:
    """Return the memory of a segment in bytes while it is kept."""
    return max(0, packet.end - packet.payload) + SEGMENT_COST


def _nearer(packet: Packet, seq: int, ack: int, place: Place) -> bool:
    """Return whether a segment is nearer to these numbers than to the next ones of its connection.

    Numbers that are unknown (-1) on one side are compared on neither.
    """
    here = there = 0
    if place.next >= 0:
        here += abs(after(packet.seq, place.next))
        there += abs(after(packet.seq, seq & MASK))
    if place.acknowledges >= 0 <= ack and packet.flags & ACK:
        here += abs(after(packet.ack, place.acknowledges))
        there += abs(after(packet.ack, ack & MASK))
    return there < min(here, FAR)
