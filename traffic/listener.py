"""The interface through which readers report messages: where they start, and what was seen of them."""

from typing import NamedTuple

from traffic.head import RequestHead, ResponseHead
from traffic.stream import Sink


class MessageStart(NamedTuple):
    """The segment, and the byte of it, in which a message starts."""

    time: float
    """Capture time in seconds since the epoch."""
    seq: int
    """Sequence number of its first byte."""
    ack: int
    """Acknowledgment number of its segment; -1 if there is none."""


class Reading(Sink):
    """What was seen of the message that is being read in one direction."""

    __slots__ = ("body_bytes", "missing", "oddities", "place")

    def __init__(self) -> None:
        self.place = MessageStart(0.0, 0, -1)
        self.body_bytes = 0
        self.missing = 0
        self.oddities: tuple[str, ...] = ()
        """Oddities of the current message."""


class Listener:
    """Receives the messages of both directions. `Pairing` implements it."""

    __slots__ = ()

    def request(self, head: RequestHead, place: MessageStart) -> int:
        """Handle a complete request head; return the length of its body (or `CHUNKED`, `UNKNOWN`)."""
        raise NotImplementedError

    def response(self, head: ResponseHead, place: MessageStart) -> int:
        """Handle a complete response head; return the length of its body (or `CHUNKED`, `UNTIL_CLOSE`)."""
        raise NotImplementedError

    def unpaired(self) -> bool:
        """Return whether the current response has no request that is certainly its own."""
        raise NotImplementedError

    def answering(self) -> None:
        """Note that the server starts to send a message."""
        raise NotImplementedError

    def simple(self) -> bool:
        """Return whether the next answer belongs to an HTTP/0.9 request, so that it may have no head."""
        raise NotImplementedError

    def headless(self, place: MessageStart) -> bool:
        """Return whether the server sends an answer without a head, as in HTTP/0.9."""
        raise NotImplementedError

    def ended(self, reader: Reading, time: float | None) -> None:
        """Handle the end of a message; its last byte came at `time`, None if the capture lost it."""
        raise NotImplementedError

    def skipped(self, reader: Reading, place: MessageStart) -> None:
        """Note bytes, from `place` on, that belong to no known message."""
        raise NotImplementedError

    def lost(self, reader: Reading, *, malformed: bool) -> None:
        """Note that the reader no longer knows where messages start."""
        raise NotImplementedError
