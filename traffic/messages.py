"""HTTP/1 framing of one direction of a connection: bytes in order go in, messages come out (RFC 9112).

A reader knows heads and body lengths and keeps no body. Bytes that the capture lost are a number: inside a body they
are counted and reading goes on; elsewhere the message is given up, and the reader looks for the next one at the start
of a segment.
"""

import re
from typing import Final

from traffic.fields import CHUNKED, UNTIL_CLOSE, Fields, parse_fields
from traffic.head import blank_line_end, head_end
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.listener import Listener, Place
from traffic.segment import MASK
from traffic.stream import Sink

# What the next byte belongs to.
HEAD: Final = 0
LENGTH: Final = 1
"""A body of known length, or the data of a chunk."""
CHUNK_SIZE: Final = 2
CHUNK_END: Final = 3
TRAILER: Final = 4
CLOSE: Final = 5
"""A body that ends with the connection."""
LOST: Final = 6
"""It is not known what: the start of a message is looked for."""
OPAQUE: Final = 7
"""It is not HTTP/1: a tunnel, another protocol."""
DOUBT: Final = 8
"""A body, unless the request was a HEAD, which is not known as it was not seen."""

_EMPTY_LINES: Final = re.compile(rb"[\r\n]+")
_CHUNK_LINE: Final = re.compile(rb"[ \t\v\f]*0{0,4000}([0-9A-Fa-f]{1,16})[ \t\v\f\r]*(?:;.*)?\n", re.DOTALL)


class Reader(Sink):
    """One direction. Sub-classes know which kind of message it carries."""

    __slots__ = (
        "body_bytes",
        "budget",
        "buffer",
        "chunked",
        "health",
        "limits",
        "listener",
        "missing",
        "oddities",
        "place",
        "remaining",
        "state",
        "trailer_bytes",
    )

    def __init__(self, listener: Listener, limits: Limits, health: Health, budget: Budget) -> None:
        self.listener = listener
        self.limits = limits
        self.health = health
        self.budget = budget
        self.state = HEAD
        self.buffer = bytearray()
        """Of a head or a line, what came so far."""
        self.place = Place(0.0, 0, -1)
        self.chunked = False
        self.remaining = 0
        self.body_bytes = 0
        self.missing = 0
        self.trailer_bytes = 0
        self.oddities: tuple[str, ...] = ()
        """Of the message under way."""

    def data(self, data: bytes, time: float, seq: int, ack: int) -> None:
        """Take the next bytes of the stream: one segment's payload, with its time and numbers. See `Sink`."""
        position, end = 0, len(data)
        while position < end:
            if self.state == LENGTH:
                position = self._body(position, end, time)
            elif self.state == HEAD:
                position = self._head(data, position, Place(time, (seq + position) & MASK, ack))
            elif self.state == CLOSE:
                self.body_bytes += end - position
                return
            elif self.state == LOST:
                if position or not self.certain_start(data):
                    self.listener.skipped(self)
                    return
                self.state = HEAD
            elif self.state == OPAQUE:
                return
            elif self.state == DOUBT:
                self.decide_body(data[position:])
            else:
                position = self._line(data, position, time)

    def gap(self, size: int) -> None:
        """`size` bytes of the stream are not in the capture."""
        self.decide_body(b"")
        if self.state == LENGTH and size <= self.remaining:
            self.missing += size
            self.body_bytes += size
            self.remaining -= size
            if self.remaining == 0:
                self._body_done(None)
        elif self.state == CLOSE:
            self.missing += size
            self.body_bytes += size
        elif self.state not in (LOST, OPAQUE):
            self.missing += size
            self.lose(malformed=False)

    def note(self, oddity: str) -> None:
        """Count something that is wrong with the message under way."""
        self.health.oddities[oddity] += 1
        if oddity not in self.oddities:
            self.oddities += (oddity,)

    def lose(self, *, malformed: bool) -> None:
        """Give up the message under way and look for the start of another."""
        self._release()
        self.state = LOST
        self.listener.lost(self, malformed=malformed)

    def pause(self) -> None:
        """Read nothing until `resume`: what comes may be no HTTP."""
        self.state = OPAQUE

    def resume(self, *, tunnel: bool) -> None:
        """It is known what comes: something that is not HTTP (`tunnel`), or the next message."""
        self.state = OPAQUE if tunnel else HEAD

    def end(self, time: float) -> None:
        """No more bytes will come: a head that lacks only its empty line is taken as it is."""
        end = blank_line_end(self.buffer) if self.state == HEAD else -1
        if end >= 0:
            held, place = self._release(), self.place
            self.note("head without an empty line")
            self._whole_head(held[:end])
            self.data(held[end:], time, (place.seq + end) & MASK, place.ack)

    def close(self) -> None:
        """Give back what is held; nothing more will be read."""
        self._release()
        self.state = OPAQUE

    # what the sub-classes know ---------------------------------------------------------------------------------------

    def possible_start(self, data: bytes | bytearray) -> bool:
        """Whether a message may start with these bytes."""
        raise NotImplementedError

    def certain_start(self, data: bytes) -> bool:
        """Whether a message starts here beyond doubt: only this is believed where the place is unknown."""
        raise NotImplementedError

    def start(self, line: bytes, fields: Fields, *, whole: bool) -> bool:
        """Report a head, and set out to read its body; False when its first line is none of HTTP.

        Not `whole`: a limit cut the fields.
        """
        raise NotImplementedError

    def decide_body(self, data: bytes) -> None:
        """Whether a body that is in doubt is there; `data` comes next."""

    # heads -----------------------------------------------------------------------------------------------------------

    def _head(self, data: bytes, position: int, place: Place) -> int:
        if self.buffer:
            return self._head_in_parts(data, position)
        empty = _EMPTY_LINES.match(data, position)  # before a message (RFC 9112 section 2.2)
        if empty is not None:
            return empty.end()
        self.place, self.oddities = place, ()
        after = head_end(data, position)
        if after < 0 or after - position > self.limits.header_bytes:
            return self._head_in_parts(data, position)
        self._whole_head(data[position:after])
        return after

    def _head_in_parts(self, data: bytes, position: int) -> int:
        held = len(self.buffer)
        if not self._keep(data[position : position + self.limits.header_bytes - held]):
            self.lose(malformed=False)
            return len(data)
        after = head_end(self.buffer, max(0, held - 2))
        if after >= 0:
            self._whole_head(self._release()[:after])
            return position + after - held
        if not self.possible_start(self.buffer):
            self._not_http(len(self._release()))
        elif len(self.buffer) >= self.limits.header_bytes:
            self.note("head too long")
            self._start(self._release(), whole=False)
        return len(data)

    def _whole_head(self, head: bytes) -> None:
        if head.count(b"\n") > self.limits.headers + 2:
            self.note("too many header fields")
            self._start(b"\n".join(head.split(b"\n", self.limits.headers + 1)[:-1]), whole=False)
        else:
            self._start(head, whole=True)

    def _start(self, head: bytes, *, whole: bool) -> None:
        line, newline, fields = head.partition(b"\n")
        if not self.start(line, parse_fields(newline + fields), whole=whole):
            self._not_http(len(head))

    def _not_http(self, size: int) -> None:
        """The `size` bytes that were read start no message."""
        self.note("not an HTTP message")
        self.lose(malformed=True)

    def _keep(self, data: bytes) -> bool:
        """Add to what is held; False when all buffers together are full."""
        budget = self.budget
        if budget.used + len(data) > budget.limit:
            self.note("buffers full")
            return False
        budget.used += len(data)
        self.buffer += data
        return True

    def _release(self) -> bytes:
        """What is held, which is held no longer."""
        held, self.buffer = bytes(self.buffer), bytearray()
        self.budget.used -= len(held)
        return held

    # bodies ----------------------------------------------------------------------------------------------------------

    def read_body(self, length: int) -> None:
        """Set out to read a body of `length` bytes, or by `CHUNKED` or `UNTIL_CLOSE`."""
        self.body_bytes = self.missing = self.trailer_bytes = 0
        self.chunked = length == CHUNKED
        if length > 0:
            self.state, self.remaining = LENGTH, length
        elif length == 0:
            self.state = HEAD
            self.listener.ended(self, self.place.time)
        elif length == CHUNKED:
            self.state = CHUNK_SIZE
        elif length == UNTIL_CLOSE:
            self.state = CLOSE
        else:
            self.lose(malformed=True)

    def _body(self, position: int, end: int, time: float) -> int:
        taken = min(end - position, self.remaining)
        self.body_bytes += taken
        self.remaining -= taken
        if self.remaining == 0:
            self._body_done(time)
        return position + taken

    def _body_done(self, time: float | None) -> None:
        if self.chunked:
            self.state = CHUNK_END
        else:
            self.state = HEAD
            self.listener.ended(self, time)

    def _line(self, data: bytes, position: int, time: float) -> int:
        """Take one line of the chunked framing (RFC 9112 section 7.1)."""
        newline = data.find(b"\n", position)
        after = newline + 1 if newline >= 0 else len(data)
        part = data[position:after]
        if len(self.buffer) + len(part) + self.trailer_bytes > self.limits.header_bytes:
            self.note("chunk line or trailer too long")
            self.lose(malformed=True)
        elif newline >= 0 and not self.buffer:
            self._chunk_line(part, time)
        elif not self._keep(part):
            self.lose(malformed=False)
        elif newline >= 0:
            self._chunk_line(self._release(), time)
        return after

    def _chunk_line(self, line: bytes, time: float) -> None:
        empty = line in (b"\r\n", b"\n")
        if self.state == CHUNK_SIZE:
            self._chunk_size(line)
        elif self.state == CHUNK_END and empty:
            self.state = CHUNK_SIZE
        elif self.state == CHUNK_END:
            self.note("bad chunk end")
            self.lose(malformed=True)
        elif empty:
            self.state = HEAD
            self.listener.ended(self, time)
        else:
            self.trailer_bytes += len(line)

    def _chunk_size(self, line: bytes) -> None:
        match = _CHUNK_LINE.match(line)
        if match is None:
            self.note("bad chunk size")
            self.lose(malformed=True)
        else:
            self.remaining = int(match[1], 16)
            self.state = LENGTH if self.remaining else TRAILER
