"""The interface through which readers report messages and where they start."""

from typing import TYPE_CHECKING, NamedTuple

from traffic.head import RequestHead, ResponseHead

if TYPE_CHECKING:
    from traffic.messages import Reader


class MessageStart(NamedTuple):
    """The segment, and the byte of it, in which a message starts."""

    time: float
    """Capture time in seconds since the epoch."""
    seq: int
    """Sequence number of its first byte."""
    ack: int
    """Acknowledgment number of its segment; -1 if there is none."""


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

    def ended(self, reader: "Reader", time: float | None) -> None:
        """Handle the end of a message; its last byte came at `time`, None if the capture lost it."""
        raise NotImplementedError

    def skipped(self, reader: "Reader", place: MessageStart) -> None:
        """Note bytes, from `place` on, that belong to no known message."""
        raise NotImplementedError

    def lost(self, reader: "Reader", *, malformed: bool) -> None:
        """Note that the reader no longer knows where messages start."""
        raise NotImplementedError
