"""What pairing holds: a request without its response yet, and a response under way."""

from typing import Final, NamedTuple

from traffic.listener import Place
from traffic.messages import LENGTH, Reader
from traffic.records import Request

_REQUEST_COST: Final = 1000
"""Bytes that a waiting request takes beside its longest strings."""


class Addresses(NamedTuple):
    """Who talks: both ends of a connection, as text."""

    client: str
    client_port: int
    server: str
    server_port: int


class Pending:
    """A request without its response yet."""

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

    def __init__(self, request: Request, place: Place, certain: bool, provable: bool) -> None:
        self.request = request
        self.seq = place.seq
        self.ack = place.ack
        self.certain = certain
        """Whether the next response answers it."""
        strings = len(request.target) + len(request.host) + len(request.user_agent) + len(request.referrer)
        self.cost = _REQUEST_COST + strings
        """Bytes that it takes while it waits, about."""
        self.provable = provable
        """Whether the response that starts where it acknowledged answers it."""
        self.body_bytes = 0
        self.missing = 0
        self.done_at: float | None = None
        self.end = False
        self.oddities: tuple[str, ...] = ()

    def sent(self, reader: Reader) -> None:
        """Note how much of it the reader has seen."""
        self.body_bytes, self.missing, self.oddities = reader.body_bytes, reader.missing, reader.oddities

    def cut_off(self, reader: Reader, given_up: int) -> None:
        """The same before its end, when the next `given_up` bytes are no longer waited for."""
        self.sent(reader)
        lost = max(0, min(given_up, reader.remaining) if reader.state == LENGTH else given_up)
        self.body_bytes += lost
        self.missing += lost


class Answer:
    """A response under way, with the request that it certainly answers, if any."""

    __slots__ = ("body_bytes", "content_type", "missing", "oddities", "pending", "status", "time")

    def __init__(self, pending: Pending | None, status: int | None, time: float, content_type: str) -> None:
        self.pending = pending
        self.status = status
        self.time = time
        self.content_type = content_type
        self.body_bytes = 0
        self.missing = 0
        self.oddities: tuple[str, ...] = ()

    def received(self, reader: Reader) -> None:
        """Note how much of it the reader has seen."""
        self.body_bytes, self.missing, self.oddities = reader.body_bytes, reader.missing, reader.oddities
