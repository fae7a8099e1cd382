"""The readers of the two directions: the client sends requests, the server sends responses."""

from traffic.fields import UNKNOWN, UNTIL_CLOSE, Fields
from traffic.head import (
    may_start_request,
    may_start_response,
    parse_cut_request,
    parse_request,
    parse_response,
    starts_request,
    starts_response,
)
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.listener import Listener, MessageStart
from traffic.messages import CHUNK_SIZE, DOUBT, HEAD, LENGTH, OPAQUE, Reader


class RequestReader(Reader):
    """Reads requests, which the client sends."""

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

    def start_cut(self, line: bytes, fields: Fields, *, whole: bool) -> None:
        """See `Reader`."""
        request = parse_request(line, fields) if whole else parse_cut_request(line, fields)
        if request is not None:
            if whole or request.version:
                self.note("head cut short")
            else:
                self.note("request line cut short")
            self.listener.request(request, self.place)
            self.reset()

    def simple_request(self) -> None:
        """Take a lone request line as an HTTP/0.9 request, because the server answers before any header fields came."""
        line, newline, rest = self.buffer.partition(b"\n")
        if self.state == HEAD and newline and not rest and line.rstrip()[-8:-3] != b"HTTP/":
            self._start(self._release(), whole=True)


class ResponseReader(Reader):
    """Reads responses, which the server sends."""

    __slots__ = ("announced",)

    def __init__(self, listener: Listener, limits: Limits, health: Health, budget: Budget) -> None:
        super().__init__(listener, limits, health, budget)
        self.announced = HEAD
        """The state to resume if the body that is in doubt exists."""

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

    def start_cut(self, line: bytes, fields: Fields, *, whole: bool) -> None:
        """See `Reader`. A status is certain even if its line is cut behind it."""
        response = parse_response(line, fields)
        if response is not None:
            self.note("head cut short")
            self.listener.response(response, self.place)
            self.reset()

    def decide_body(self, data: bytes) -> None:
        """Skip the body if the next response starts in its place. See `Reader`."""
        if self.state == DOUBT and self.certain_start(data):
            self.state = HEAD
            self.listener.ended(self, self.place.time)
        elif self.state == DOUBT:
            self.state = self.announced

    def _head(self, data: bytes, position: int, place: MessageStart) -> int:
        if not self.buffer:
            self.listener.answering()
        return super()._head(data, position, place)

    def _not_http(self, size: int) -> None:
        if self.listener.headless(self.place):
            self.read_body(UNTIL_CLOSE)
            self.body_bytes = size
        else:
            super()._not_http(size)
