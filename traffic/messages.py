"""HTTP/1 framing of one direction of a connection: takes bytes in order and reports messages (RFC 9112).

A reader parses heads and body lengths and keeps no body. Bytes that the capture lost are just a number: inside a body
they are counted and reading goes on; elsewhere the reader gives up the message and looks for the next one at the start
of a segment.
"""

import re
from collections.abc import Iterable
from typing import ClassVar, Final

from traffic.fields import CHUNKED, UNTIL_CLOSE, Fields, parse_fields
from traffic.head import blank_line_end, head_end
from traffic.health import Health
from traffic.irregularities import of_chunk_line, of_line_end, of_trailer
from traffic.limits import Budget, Limits
from traffic.listener import Listener, MessageStart, Reading
from traffic.segment import MASK

# States of a reader: what the next byte belongs to.
HEAD: Final = 0
LENGTH: Final = 1
"""A body of known length, or the data of a chunk."""
CHUNK_SIZE: Final = 2
CHUNK_END: Final = 3
TRAILER: Final = 4
CLOSE: Final = 5
"""A body that ends with the connection."""
LOST: Final = 6
"""The position is unknown, and the reader looks for the start of a message."""
OPAQUE: Final = 7
"""The bytes are not HTTP/1: a tunnel, or another protocol."""
DOUBT: Final = 8
"""A body, or the next message: the request was perhaps a HEAD, or its body was perhaps not sent."""

_EMPTY_LINES: Final = re.compile(rb"[\r\n]+")
_CHUNK_LINE: Final = re.compile(rb"[ \t\v\f]*0{0,4000}([0-9A-Fa-f]{1,16})[ \t\v\f\r]*(?:;.*)?\n", re.DOTALL)


class Reader(Reading):
    """Reads one direction. Subclasses know which kind of message it carries."""

    __slots__ = (
        "announced",
        "budget",
        "buffer",
        "chunked",
        "followed",
        "health",
        "limits",
        "listener",
        "remaining",
        "state",
        "trailer_bytes",
    )
    of_server: ClassVar[bool] = False
    """Whether the server sends what it reads."""

    def __init__(self, listener: Listener, limits: Limits, health: Health, budget: Budget) -> None:
        super().__init__()
        self.listener = listener
        self.limits = limits
        self.health = health
        self.budget = budget
        self.state = HEAD
        self.announced = HEAD
        """The state to resume if the body that is in doubt exists."""
        self.buffer = bytearray()
        """The bytes of an incomplete head or line."""
        self.chunked = False
        self.followed = False
        """Whether bytes follow the head in its segment that start no message."""
        self.remaining = 0
        self.trailer_bytes = 0

    def data(self, data: bytes, time: float, seq: int, ack: int) -> None:
        """Read the next bytes of the stream: the payload of one segment. See `Sink`."""
        position, end = 0, len(data)
        while position < end:
            if self.state == LENGTH:
                position = self._body(data, position, time)
            elif self.state == HEAD:
                position = self._head(data, position, MessageStart(time, (seq + position) & MASK, ack))
            elif self.state == CLOSE:
                self.body_bytes += end - position
                return
            elif self.state == LOST:
                if position or not self.certain_start(data):
                    self.listener.skipped(self, MessageStart(time, (seq + position) & MASK, ack))
                    return
                self.state = HEAD
            elif self.state == OPAQUE:
                return
            elif self.state == DOUBT:
                self.decide_body(data[position:])
            else:
                position = self._line(data, position, time)

    def gap(self, size: int) -> None:
        """Skip `size` bytes that the capture lost."""
        if self.state == DOUBT:
            self.decide_body(b"")
        self.cut_head()
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

    def jump(self) -> None:
        """Skip an unknown number of bytes that the capture lost."""
        self.cut_head()
        self.lose(malformed=False)

    def give_up(self, size: int) -> None:
        """Wait no longer with a head whose next `size` bytes were acknowledged but have not arrived."""
        if self.state == HEAD and self.buffer:
            self.gap(size)

    def cut_head(self) -> None:
        """Report the head that is being read, as far as it came, because the rest of it will not come."""
        if self.state == HEAD and self.buffer:
            line, newline, fields = self._release().partition(b"\n")
            fields = fields[: fields.rfind(b"\n") + 1]  # the last one may be cut
            parsed = parse_fields(newline + fields, self.limits.named_fields, whole=False)
            self.start_cut(line, parsed, whole=bool(newline))

    def note(self, oddity: str) -> None:
        """Count an oddity of the current message."""
        self.health.oddities[oddity] += 1
        if oddity not in self.oddities:
            self.oddities += (oddity,)

    def note_once(self, oddities: Iterable[str]) -> None:
        """Count those oddities that the current message does not have yet."""
        for oddity in oddities:
            if oddity not in self.oddities:
                self.note(oddity)

    def lose(self, *, malformed: bool) -> None:
        """Give up the current message and look for the start of another."""
        self._release()
        self.state = LOST
        self.listener.lost(self, malformed=malformed)

    def pause(self) -> None:
        """Read nothing until `resume`, because the next bytes may not be HTTP."""
        self.state = OPAQUE

    def resume(self, *, tunnel: bool) -> None:
        """Go on after `pause`: skip everything (`tunnel`), or read the next message."""
        self.state = OPAQUE if tunnel else HEAD

    def end(self, time: float) -> None:
        """End the stream: a head that lacks only its empty line is accepted."""
        end = blank_line_end(self.buffer) if self.state == HEAD else -1
        if end >= 0:
            held, place = self._release(), self.place
            self.note("head without an empty line")
            self._whole_head(held[:end])
            self.data(held[end:], time, (place.seq + end) & MASK, place.ack)

    def close(self) -> None:
        """Release the buffer and read nothing more."""
        self._release()
        self.state = OPAQUE

    # for subclasses ---------------------------------------------------------------------------------------------------

    def possible_start(self, data: bytes | bytearray) -> bool:
        """Return whether a message may start with these bytes."""
        raise NotImplementedError

    def certain_start(self, data: bytes) -> bool:
        """Return whether a message certainly starts here; only this counts while the position is unknown."""
        raise NotImplementedError

    def start(self, head: bytes, fields: Fields, *, whole: bool) -> bool:
        """Report a head and prepare to read its body; return False if its first line is not HTTP.

        `whole` is False if a limit cut the fields.
        """
        raise NotImplementedError

    def start_cut(self, line: bytes, fields: Fields, *, whole: bool) -> None:
        """Report a head whose end is missing, if its first line is HTTP, and leave what follows to the caller.

        `whole` is False if the end of the first line is missing too.
        """
        raise NotImplementedError

    def is_surplus(self, data: bytes) -> bool:
        """Return whether bytes after a message cannot start another one."""
        return False

    def skip_empty(self, lines: bytes) -> None:
        """Note empty lines before a message."""

    def decide_body(self, data: bytes) -> None:
        """Decide whether a body that is in doubt exists: not if the next message starts in `data`, in its place."""
        if self.certain_start(data):
            self.state = HEAD
            self.listener.ended(self, self.place.time)
        else:
            self.state = self.announced

    def doubt_body(self) -> None:
        """Doubt that the body, of which no byte came yet, exists."""
        self.announced, self.state = self.state, DOUBT

    # heads ------------------------------------------------------------------------------------------------------------

    def _head(self, data: bytes, position: int, place: MessageStart) -> int:
        if self.buffer:
            return self._head_in_parts(data, position)
        empty = _EMPTY_LINES.match(data, position)  # before a message (RFC 9112 section 2.2)
        if empty is not None:
            self.skip_empty(empty[0])
            return empty.end()
        self.place, self.oddities = place, ()
        after = head_end(data, position)
        if after < 0 or after - position > self.limits.header_bytes:
            return self._head_in_parts(data, position)
        self.followed = self.is_surplus(data[after:])
        self._whole_head(data[position:after])
        return after

    def _head_in_parts(self, data: bytes, position: int) -> int:
        held = len(self.buffer)
        if not self._keep(data[position : position + self.limits.header_bytes - held]):
            self.lose(malformed=False)
            return len(data)
        after = head_end(self.buffer, max(0, held - 2))
        if after >= 0:
            self.followed = self.is_surplus(data[position + after - held :])
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
        _, newline, fields = head.partition(b"\n")
        parsed = parse_fields(newline + fields, self.limits.named_fields, whole=whole)
        if not self.start(head, parsed, whole=whole):
            self._not_http(len(head))

    def _not_http(self, size: int) -> None:
        """Give up: the `size` bytes read so far start no message."""
        self.note("not an HTTP message")
        self.lose(malformed=True)

    def _keep(self, data: bytes) -> bool:
        """Add to the buffer; return False if the total buffer is full."""
        budget = self.budget
        if budget.used + len(data) > budget.limit:
            self.note("total buffer full")
            return False
        budget.used += len(data)
        self.buffer += data
        return True

    def _release(self) -> bytes:
        """Empty the buffer and return what it held."""
        held, self.buffer = bytes(self.buffer), bytearray()
        self.budget.used -= len(held)
        return held

    # bodies -----------------------------------------------------------------------------------------------------------

    def read_body(self, length: int) -> None:
        """Prepare to read a body of `length` bytes, or `CHUNKED`, or `UNTIL_CLOSE`."""
        self.reset()
        self.chunked = length == CHUNKED
        if length > 0:
            self.state, self.remaining = LENGTH, length
        elif length == 0:
            self._note_surplus(self.followed)
            self.state = HEAD
            self.listener.ended(self, self.place.time)
        elif length == CHUNKED:
            self.state = CHUNK_SIZE
        elif length == UNTIL_CLOSE:
            self.state = CLOSE
        else:
            self.lose(malformed=True)

    def reset(self) -> None:
        """Start counting for another message."""
        self.body_bytes = self.missing = self.trailer_bytes = 0

    def _note_surplus(self, surplus: bool) -> None:
        if surplus:
            self.note("bytes after a response")

    def _body(self, data: bytes, position: int, time: float) -> int:
        taken = min(len(data) - position, self.remaining)
        self.body_bytes += taken
        self.remaining -= taken
        if self.remaining == 0:
            if not self.chunked:
                self._note_surplus(self.is_surplus(data[position + taken :]))
            self._body_done(time)
        return position + taken

    def _body_done(self, time: float | None) -> None:
        if self.chunked:
            self.state = CHUNK_END
        else:
            self.state = HEAD
            self.listener.ended(self, time)

    def _line(self, data: bytes, position: int, time: float) -> int:
        """Read one line of the chunked framing (RFC 9112 section 7.1)."""
        newline = data.find(b"\n", position)
        after = newline + 1 if newline >= 0 else len(data)
        part = data[position:after]
        self.followed = self.state == TRAILER and self.is_surplus(data[after:])
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
            self.note_once(of_line_end(line))
            self.state = CHUNK_SIZE
        elif self.state == CHUNK_END:
            self.note("bad chunk end")
            self.lose(malformed=True)
        elif empty:
            self.note_once(of_trailer(line))
            self._note_surplus(self.followed)
            self.state = HEAD
            self.listener.ended(self, time)
        else:
            self.note_once(of_trailer(line))
            self.trailer_bytes += len(line)

    def _chunk_size(self, line: bytes) -> None:
        match = _CHUNK_LINE.match(line)
        if match is None:
            self.note("bad chunk size")
            self.lose(malformed=True)
        else:
            self.note_once(of_chunk_line(line, server=self.of_server))
            self.remaining = int(match[1], 16)
            self.state = LENGTH if self.remaining else TRAILER
