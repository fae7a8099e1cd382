"""What pairing keeps: unanswered requests, and the current response."""

from typing import Final, NamedTuple

from traffic.listener import MessageStart, Reading
from traffic.messages import LENGTH, Reader
from traffic.records import Request, characters

_REQUEST_COST: Final = 1000
"""Memory of a waiting request in bytes, besides its longest strings."""


class Addresses(NamedTuple):
    """Both ends of a connection, as text."""

    client: str
    client_port: int
    server: str
    server_port: int


class PendingRequest:
    """A request that waits for its response."""

    __slots__ = (
        "ack",
        "body_bytes",
        "certain",
        "cost",
        "done_at",
        "end",
        "missing",
        "oddities",
        "provable",
        "request",
        "seq",
    )

    def __init__(self, request: Request, place: MessageStart, certain: bool, provable: bool) -> None:
        self.request = request
        self.seq = place.seq
        self.ack = place.ack
        self.certain = certain
        """Whether the next response answers it."""
        self.cost = _REQUEST_COST + characters(request)
        """Its approximate memory in bytes."""
        self.provable = provable
        """Whether a response that starts at the byte it acknowledged answers it."""
        self.body_bytes = 0
        self.missing = 0
        self.done_at: float | None = None
        self.end = False
        self.oddities: tuple[str, ...] = ()

    def sent(self, reader: Reading) -> None:
        """Copy what the reader has seen of the request."""
        self.body_bytes, self.missing, self.oddities = reader.body_bytes, reader.missing, reader.oddities

    def cut_off(self, reader: Reader, given_up: int) -> None:
        """Copy what the reader has seen before the end of the request; the next `given_up` bytes will not come."""
        self.sent(reader)
        lost = max(0, min(given_up, reader.remaining) if reader.state == LENGTH else given_up)
        self.body_bytes += lost
        self.missing += lost


class PendingResponse:
    """The current response, and the request that it certainly answers, if any."""

    __slots__ = (
        "body_bytes", "content_type", "headers", "likely", "missing", "oddities", "pending", "status", "time",
    )  # fmt: skip

    def __init__(
        self,
        pending: PendingRequest | None,
        status: int | None,
        time: float,
        content_type: str,
        headers: str = "",
    ) -> None:
        self.pending = pending
        self.likely: PendingRequest | None = None
        """The request that it answers if the next one shows that no other was waiting."""
        self.status = status
        self.time = time
        self.content_type = content_type
        self.headers = headers
        self.body_bytes = 0
        self.missing = 0
        self.oddities: tuple[str, ...] = ()

    def received(self, reader: Reading) -> None:
        """Copy what the reader has seen of the response."""
        self.body_bytes, self.missing, self.oddities = reader.body_bytes, reader.missing, reader.oddities
