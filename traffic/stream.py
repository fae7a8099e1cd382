"""One direction of a TCP connection, and who takes what it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traffic.segment import MASK, Segment, after

if TYPE_CHECKING:
    from traffic.tcp import Connection


class Sink:
    """Who takes the bytes of one direction."""

    __slots__ = ()

    def data(self, data: bytes, time: float, seq: int, ack: int) -> None:
        """Take the next bytes; there is at least one.

        They come with the capture time of their segment, the sequence number of the first of them, and the
        acknowledgment number (-1: none).
        """
        raise NotImplementedError


class Application:
    """Who is told of all but the bytes. Directions are 0, from the client as far as it is known, and 1."""

    __slots__ = ()

    def gap(self, direction: int, size: int) -> None:
        """`size` bytes of a direction are not in the capture; 0 when it is not known how many."""
        raise NotImplementedError

    def doubt(self, direction: int) -> None:
        """Bytes that were acknowledged have not come: they may be missing, or the acknowledgment is wrong."""
        raise NotImplementedError

    def end(self, direction: int, time: float) -> None:
        """FIN: no more bytes in this direction."""
        raise NotImplementedError

    def close(self, ending: str, time: float) -> None:
        """The connection is over; how, as `traffic.records` names it."""
        raise NotImplementedError


class Stream:
    """One direction of a connection."""

    __slots__ = (
        "acknowledged",
        "connection",
        "direction",
        "ended",
        "expected",
        "held",
        "held_bytes",
        "lost_to",
        "next",
        "origin",
        "peer",
        "recent",
        "sink",
    )

    connection: Connection
    peer: Stream

    def __init__(self, direction: int) -> None:
        self.direction = direction
        self.sink: Sink | None = None
        self.next = -1
        """Sequence number of the next byte; -1 while it is not known where the stream starts."""
        self.origin = -1
        """Initial sequence number; -1 when no SYN was seen."""
        self.acknowledged = -1
        """What the other side acknowledged last; -1 while it did not."""
        self.expected = -1
        """What the peer acknowledged before anything of this stream was seen; -1: no such number."""
        self.lost_to = -1
        """Up to here missing bytes have been waited for long enough; -1: no such place."""
        self.held: list[Segment] = []
        self.held_bytes = 0
        self.ended = False
        self.recent = b""
        """The bytes before the next one, as far as they came in one segment; not all of a long one."""

    def start(self, origin: int) -> None:
        """Its initial sequence number becomes known (RFC 9293 section 3.5): a SYN has it, or acknowledges it."""
        if self.origin < 0 and self.next < 0:
            self.origin = origin
            self.next = (origin + 1) & MASK

    def given_up(self) -> int:
        """Missing bytes from the next one on that are waited for no longer; negative when it went on since."""
        return after(self.lost_to, self.next) if self.lost_to >= 0 else -1
