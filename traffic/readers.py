"""The readers of the two directions: the client sends requests, the server sends responses."""

from typing import ClassVar, Final

from traffic.fields import CHUNKED, UNKNOWN, UNTIL_CLOSE, Fields
from traffic.head import (
    may_start_request,
    may_start_response,
    parse_cut_request,
    parse_request,
    parse_response,
    starts_request,
    starts_response,
    strays,
)
from traffic.health import Health
from traffic.irregularities import of_lines, of_request, of_response
from traffic.limits import Budget, Limits
from traffic.listener import Listener, MessageStart
from traffic.messages import CHUNK_SIZE, HEAD, LENGTH, OPAQUE, TRAILER, Reader

_MOST_STRAYS: Final = 4
"""Stray bytes before a status line that are skipped, as in Chrome."""
_STRAYS_SEEN: Final = 16
"""Bytes in which a status line is looked for behind stray bytes."""


class RequestReader(Reader):
    """Reads requests, which the client sends."""

    __slots__ = ("waits",)

    def __init__(self, listener: Listener, limits: Limits, health: Health, budget: Budget) -> None:
        super().__init__(listener, limits, health, budget)
        self.waits = False
        """Whether the client may wait for `100 Continue` before it sends the body (RFC 9110 section 10.1.1)."""

    def possible_start(self, data: bytes | bytearray) -> bool:
        """See `Reader`."""
        return may_start_request(data)

    def certain_start(self, data: bytes) -> bool:
        """See `Reader`."""
        return starts_request(data)

    def start(self, head: bytes, fields: Fields, *, whole: bool) -> bool:
        """See `Reader`."""
        request = parse_request(head.partition(b"\n")[0], fields)
        if request is None:
            return False
        if whole:
            self.note_once(of_request(head, request))
        if fields.length == CHUNKED and request.version == "1.0":
            self.note("chunked in HTTP/1.0")
        length = self.listener.request(request, self.place)
        self.waits = b"100-continue" in fields.expect.lower()
        self.read_body(length if whole else UNKNOWN)
        return True

    def answered(self, status: int) -> None:
        """Doubt a body that waits for `100 Continue`, now that the server sends another status: it may not come."""
        begins = self.state == CHUNK_SIZE or (self.state == LENGTH and not self.chunked)
        if self.waits and begins and status != 100 and not self.body_bytes and not self.buffer:
            self.doubt_body()
        self.waits = False

    def decide_body(self, data: bytes) -> None:
        """See `Reader`. After lost bytes it cannot be decided."""
        if data:
            super().decide_body(data)

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

    __slots__ = ("empty_crs", "empty_lfs", "strays")
    of_server: ClassVar[bool] = True

    def __init__(self, listener: Listener, limits: Limits, health: Health, budget: Budget) -> None:
        super().__init__(listener, limits, health, budget)
        self.strays = 0
        """Stray bytes since the last response."""
        self.empty_crs = self.empty_lfs = 0
        """Bytes CR and LF in the empty lines since the last response."""

    def possible_start(self, data: bytes | bytearray) -> bool:
        """See `Reader`."""
        return may_start_response(data)

    def certain_start(self, data: bytes) -> bool:
        """See `Reader`."""
        return starts_response(data)

    def is_surplus(self, data: bytes) -> bool:
        """See `Reader`."""
        rest = data.lstrip(b"\r\n")
        return bool(rest) and not may_start_response(rest) and not strays(rest[:_STRAYS_SEEN], _MOST_STRAYS)

    def skip_empty(self, lines: bytes) -> None:
        """See `Reader`."""
        self.empty_crs += lines.count(b"\r")
        self.empty_lfs += lines.count(b"\n")

    def start(self, head: bytes, fields: Fields, *, whole: bool) -> bool:
        """See `Reader`."""
        line = head.partition(b"\n")[0]
        response = parse_response(line, fields)
        if response is None:
            if may_start_response(head):
                self.note_once(("malformed status line", *of_lines(head)))
            return False
        self._note_before()
        if whole:
            self.note_once(of_response(head, response))
        if fields.length == CHUNKED and line.startswith(b"HTTP/1.0"):
            self.note("chunked in HTTP/1.0")
        length = self.listener.response(response, self.place)
        if self.state == OPAQUE:
            return True
        self.read_body(length if whole else UNKNOWN)
        if self.state in (LENGTH, CHUNK_SIZE) and self.listener.unpaired():
            self.doubt_body()
        return True

    def end(self, time: float) -> None:
        """See `Reader`. Stray bytes without a response are none of HTTP."""
        rest = self.buffer.strip(b" \t\r\n\f")
        if self.state == TRAILER or (self.state == CHUNK_SIZE and rest and not rest.strip(b"0")):
            self.note("last chunk cut short")
        super().end(time)
        if self.strays and self.state == HEAD and not self.buffer:
            self._not_http(0)

    def lose(self, *, malformed: bool) -> None:
        """See `Reader`."""
        self.strays = self.empty_crs = self.empty_lfs = 0
        super().lose(malformed=malformed)

    def _note_before(self) -> None:
        """Note what came between the last response and this one."""
        if self.strays:
            self.note("stray bytes before a response")
        if self.empty_crs > self.empty_lfs:
            self.note("bare CR before a response")
        elif self.empty_lfs and not self.strays:
            self.note("empty line before a response")
        self.strays = self.empty_crs = self.empty_lfs = 0

    def start_cut(self, line: bytes, fields: Fields, *, whole: bool) -> None:
        """See `Reader`. A status is certain even if its line is cut behind it."""
        response = parse_response(line, fields)
        if response is not None:
            self.note("head cut short")
            self.listener.response(response, self.place)
            self.reset()

    def _head(self, data: bytes, position: int, place: MessageStart) -> int:
        if not self.buffer:
            self.listener.answering()
            size = strays(data[position : position + _STRAYS_SEEN], _MOST_STRAYS - self.strays)
            if size and not self.listener.simple():
                self.place, self.oddities = place, ()
                self.strays += size
                return position + size
        return super()._head(data, position, place)

    def _not_http(self, size: int) -> None:
        if self.listener.headless(self.place):
            self.read_body(UNTIL_CLOSE)
            self.body_bytes = size
        else:
            super()._not_http(size)
