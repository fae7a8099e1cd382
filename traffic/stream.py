"""One direction of a TCP connection, and the interfaces to which its bytes and events go."""

from __future__ import annotations

from math import inf
from typing import Final

from traffic.segment import CONTROL, FAR, FIN, MASK, Segment, after

RECENT: Final = 256
"""Bytes of the last segment to keep, in order to detect a retransmission with different content."""


class Sink:
    """Receives the bytes of one direction."""

    __slots__ = ()

    def data(self, data: bytes, time: float, seq: int, ack: int) -> None:
        """Handle the next bytes, at least one.

        They come with the capture time of their segment, the sequence number of the first byte, and the acknowledgment
        number (-1: none).
        """
        raise NotImplementedError


class Application:
    """Receives the events of both directions. Direction 0 comes from the client, as far as that is known; 1 is the
    other.
    """

    __slots__ = ()

    def gap(self, direction: int, size: int) -> None:
        """Handle `size` missing bytes in a direction; 0 if their number is unknown."""
        raise NotImplementedError

    def doubt(self, direction: int) -> None:
        """Note acknowledged bytes that have not arrived: they may be missing, or the acknowledgment is wrong."""
        raise NotImplementedError

    def idle(self) -> bool:
        """Return whether no exchange is under way."""
        raise NotImplementedError

    def end(self, direction: int, time: float, ack: int) -> None:
        """Handle a FIN, with its acknowledgment number (-1: none): no more bytes come in this direction."""
        raise NotImplementedError

    def close(self, ending: str, time: float) -> None:
        """Handle the end of the connection; `ending` is one of those in `traffic.records`."""
        raise NotImplementedError


class Stream:
    """One direction of a connection."""

    __slots__ = (
        "acknowledged",
        "direction",
        "ended",
        "expected",
        "fin",
        "fin_ack",
        "held",
        "held_bytes",
        "lost_to",
        "next",
        "origin",
        "peer",
        "recent",
        "sink",
    )

    peer: Stream

    def __init__(self, direction: int) -> None:
        self.direction = direction
        self.sink: Sink | None = None
        self.next = -1
        """Sequence number of the next byte; -1 while the start of the stream is unknown."""
        self.origin = -1
        """Initial sequence number; -1 if no SYN was seen."""
        self.acknowledged = -1
        """The last acknowledgment number of the peer; -1 if there was none."""
        self.expected = -1
        """What the peer acknowledged before any segment of this stream was seen; -1 if nothing."""
        self.lost_to = -1
        """Sequence number up to which missing bytes are no longer waited for; -1 if there is none."""
        self.held: list[Segment] = []
        self.held_bytes = 0
        self.fin = inf
        """Capture time of the FIN in its place in the stream; infinite if there was none."""
        self.fin_ack = -1
        """Acknowledgment number of that FIN; -1 if there is none."""
        self.ended = False
        """Whether that FIN was acknowledged, so that no more bytes come."""
        self.recent = b""
        """The last delivered bytes, at most those of one segment; only the end of a long segment."""

    def start(self, origin: int) -> None:
        """Set the initial sequence number, known from a SYN or from its acknowledgment (RFC 9293 section 3.5)."""
        if self.origin < 0 and self.next < 0:
            self.origin = origin
            self.next = (origin + 1) & MASK

    @property
    def closing(self) -> bool:
        """Whether the FIN waits to be acknowledged. Until then, its number may be that of another byte."""
        return self.fin < inf and not self.ended

    def given_up(self) -> int:
        """Return how many missing bytes from `next` on are no longer waited for; negative if the stream went on."""
        return after(self.lost_to, self.next) if self.lost_to >= 0 else -1

    def first_byte(self) -> int:
        """Return the number of the first byte to deliver of those that wait, where the stream is joined."""
        first = self.held[0]
        return (first.seq + self.keeps_alive(first)) & MASK

    def keeps_alive(self, segment: Segment) -> bool:
        """Return whether a segment before the next one is a keep-alive probe (RFC 9293 section 3.8.4).

        Its single byte is garbage at the number of a byte that the peer has acknowledged, as far as that was seen.
        """
        return (
            segment.size == 1
            and not segment.flags & CONTROL
            and (self.acknowledged < 0 or after(self.acknowledged, segment.seq) > 0)
        )

    def starts_early(self, segment: Segment) -> bool:
        """Return whether a segment one before the next byte is the first after the SYN, with data at the SYN's number.

        Only generated captures number data so: a SYN uses up its number (RFC 9293 section 3.4).
        """
        return segment.size > 0 and self.origin >= 0 and self.next == (self.origin + 1) & MASK

    def unnumbered(self, segment: Segment) -> bool:
        """Return whether a segment comes from a generated capture in which all numbers are 0."""
        zeros = segment.seq == 0 and segment.ack <= 0 and max(self.origin, self.peer.origin) <= 0
        return zeros and (len(segment.data) > 1 or bool(segment.flags & FIN))

    def strays(self, segment: Segment, *, over: bool) -> bool:
        """Return whether a segment seems to belong to another connection, whose SYN was missed.

        Both its numbers are far off, or, if this connection is `over`, further on than it got.
        """
        here, there = self.reached(), self.peer.reached()
        if segment.size < 2 or min(here, there, segment.ack) < 0:
            return False
        ahead, beyond = after(segment.seq, here), after(segment.ack, there)
        return min(abs(ahead), abs(beyond)) > FAR or (over and min(ahead, beyond) > 0)

    def reached(self) -> int:
        """Return the number after all that was seen of the stream, waiting segments included; -1 if nothing was."""
        if self.held:
            last = self.held[-1]
            return (last.end + bool(last.flags & FIN)) & MASK
        return self.next if self.next >= 0 else self.expected

    def closes(self) -> bool:
        """Return whether a FIN was seen."""
        return self.ended or self.fin < inf or bool(self.held and self.held[-1].flags & FIN)
