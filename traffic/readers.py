"""What is told apart by the direction of a message: requests come from the client, responses from the server."""

from traffic.fields import UNKNOWN, UNTIL_CLOSE, Fields
from traffic.head import (
    may_start_request,
    may_start_response,
    parse_request,
    parse_response,
    starts_request,
    starts_response,
)
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.listener import Listener, Place
from traffic.messages import CHUNK_SIZE, DOUBT, HEAD, LENGTH, OPAQUE, Reader


class RequestReader(Reader):
    """The direction from the client."""

    __slots__ = ()

    def possible_start(self, data: bytes | bytearray) -> bool:
        """See `Reader`."""
        return may_start_request(data)

    def certain_start(self, data: bytes) -> bool:
        """See `Reader`."""
        return starts_request(data)

    def start(self, line: bytes, fields: Fields, *, whole: bool) -> bool:
        """See `Reader`."""
        request = parse_request(line, fields)
        if request is None:
            return False
        length = self.listener.request(request, self.place)
        self.read_body(length if whole else UNKNOWN)
        return True

    def simple_request(self) -> None:
        """Take a lone request line that waits for fields as the HTTP/0.9 request that an answer shows it to be."""
        line, newline, rest = self.buffer.partition(b"\n")
        if self.state == HEAD and newline and not rest and line.rstrip()[-8:-3] != b"HTTP/":
            self._start(self._release(), whole=True)


class ResponseReader(Reader):
    """The direction from the server."""

    __slots__ = ("announced",)

    def __init__(self, listener: Listener, limits: Limits, health: Health, budget: Budget) -> None:
        super().__init__(listener, limits, health, budget)
        self.announced = HEAD
        """What the head announced while that is in doubt."""

    def possible_start(self, data: bytes | bytearray) -> bool:
        """See `Reader`."""
        return may_start_response(data)

    def certain_start(self, data: bytes) -> bool:
        """See `Reader`."""
        return starts_response(data)

    def start(self, line: bytes, fields: Fields, *, whole: bool) -> bool:
        """See `Reader`."""
        response = parse_response(line, fields)
        if response is None:
            return False
        length = self.listener.response(response, self.place)
        if self.state == OPAQUE:
            return True
        self.read_body(length if whole else UNKNOWN)
        if self.state in (LENGTH, CHUNK_SIZE) and self.listener.unpaired():
            self.announced, self.state = self.state, DOUBT
        return True

    def decide_body(self, data: bytes) -> None:
        """See `Reader`. It is not there when the next response comes in its place."""
        if self.state == DOUBT and self.certain_start(data):
            self.state = HEAD
            self.listener.ended(self, self.place.time)
        elif self.state == DOUBT:
            self.state = self.announced

    def _head(self, data: bytes, position: int, place: Place) -> int:
        if not self.buffer:
            self.listener.answering()
        return super()._head(data, position, place)

    def _not_http(self, size: int) -> None:
        if self.listener.headless(self.place):
            self.read_body(UNTIL_CLOSE)
            self.body_bytes = size
        else:
            super()._not_http(size)
