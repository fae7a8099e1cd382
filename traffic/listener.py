"""Who is told of messages, and where they start."""

from typing import TYPE_CHECKING, NamedTuple

from traffic.head import RequestHead, ResponseHead

if TYPE_CHECKING:
    from traffic.messages import Reader


class Place(NamedTuple):
    """Where a message starts."""

    time: float
    """Capture time in seconds since the epoch."""
    seq: int
    """Sequence number."""
    ack: int
    """What its segment acknowledged; -1: nothing."""


class Listener:
    """Who is told of messages: the pairing."""

    __slots__ = ()

    def request(self, head: RequestHead, place: Place) -> int:
        """A request head is complete; returns its body length (or `CHUNKED`, `UNKNOWN`)."""
        raise NotImplementedError

    def response(self, head: ResponseHead, place: Place) -> int:
        """A response head is complete; returns its body length (or `CHUNKED`, `UNTIL_CLOSE`)."""
        raise NotImplementedError

    def unpaired(self) -> bool:
        """Whether the response under way has no request that is certainly its own."""
        raise NotImplementedError

    def answering(self) -> None:
        """The server begins to send a message."""
        raise NotImplementedError

    def headless(self, place: Place) -> bool:
        """Whether what the server sends is an answer without a head, as HTTP/0.9 has it."""
        raise NotImplementedError

    def ended(self, reader: "Reader", time: float | None) -> None:
        """A message is complete; its last byte came at `time`, None where the capture lost it."""
        raise NotImplementedError

    def skipped(self, reader: "Reader") -> None:
        """Bytes came that no message is known to hold."""
        raise NotImplementedError

    def lost(self, reader: "Reader", *, malformed: bool) -> None:
        """The reader no longer knows where messages start."""
        raise NotImplementedError
