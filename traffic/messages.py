"""HTTP/1 framing of one direction of a connection: bytes in order go in, messages come out (RFC 9112).

A reader knows heads and body lengths and keeps no body. Bytes that the capture lost are a number: inside a body they
are counted and reading goes on; elsewhere the message is given up, and the reader looks for the next one at the start
of a segment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from traffic.blocks import Blocks
from traffic.fields import CHUNKED, UNTIL_CLOSE, Fields
from traffic.head import blank_line_end, head_end, usual_head_end
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.listener import Listener, Place
from traffic.segment import MASK
from traffic.stream import Sink

if TYPE_CHECKING:
    from mypy_extensions import i64

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

NO_FIELDS: Final = Fields()
_LONGEST_BLOCK: Final = 1024
"""Bytes of a block that a connection keeps for itself."""
_EMPTY_LINES: Final = re.compile(rb"[\r\n]*")
_CHUNK_LINE: Final = re.compile(rb"[ \t\v\f]*0{0,4000}([0-9A-Fa-f]{1,16})[ \t\v\f\r]*(?:;.*)?\n", re.DOTALL)


class Reader(Sink):
    """One direction. Sub-classes know which kind of message it carries."""

    __slots__ = (
        "block",
        "blocks",
        "body_bytes",
        "budget",
        "buffer",
        "chunked",
        "fields",
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

    def __init__(self, listener: Listener, limits: Limits, health: Health, budget: Budget, blocks: Blocks) -> None:
        self.listener = listener
        self.limits = limits
        self.health = health
        self.budget = budget
        self.state = HEAD
        self.buffer = bytearray()
        self.blocks = blocks
        self.block = b""
        """The header fields of the message before: mostly they come again, and are recognised at once."""
        self.fields = NO_FIELDS
        """What was parsed from it."""
        self.place = Place(0.0, 0, -1)
        self.chunked = False
        self.remaining = 0
        self.body_bytes = 0
        self.missing = 0
        self.trailer_bytes = 0
        self.oddities: tuple[str, ...] = ()
        """Of the message under way."""

    def data(self, buffer: bytes, start: i64, end: i64, time: float, seq: i64, ack: i64) -> None:
        """Take the next bytes of the stream: one segment's payload, with its time and numbers. See `Sink`."""
        position = start
        while position < end:
            state = self.state
            if state == LENGTH:
                position = self._body(position, end, time)
            elif state == HEAD:
                position = self._head(buffer, position, end, time, (seq + position - start) & MASK, ack)
            elif state == CLOSE:
                self.body_bytes += end - position
                return
            elif state == LOST:
                if position != start or not self.certain_start(buffer[start:end]):
                    self.listener.skipped(self)
                    return
                self.state = HEAD
            elif state == OPAQUE:
                return
            elif state == DOUBT:
                self.decide_body(buffer[position:end])
            else:
                position = self._line(buffer, position, end, time)

    def gap(self, size: int) -> None:
        """`size` bytes of the stream are not in the capture."""
        self.decide_body(b"")
        state = self.state
        if state == LENGTH and size <= self.remaining:
            self.missing += size
            self.body_bytes += size
            self.remaining -= size
            if self.remaining == 0:
                self._body_done(None)
        elif state == CLOSE:
            self.missing += size
            self.body_bytes += size
        elif state not in (LOST, OPAQUE):
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

    def end(self, time: float) -> None:
        """No more bytes will come: a head that lacks only its empty line is taken as it is."""
        end = blank_line_end(self.buffer) if self.state == HEAD else -1
        if end >= 0:
            held, place = self._release(), self.place
            self.note("head without an empty line")
            self._whole_head(held[:end])
            self.data(held, end, len(held), time, (place.seq + end) & MASK, place.ack)

    def close(self) -> None:
        """Give back what is held; nothing more will be read."""
        self._release()
        self._forget_block()
        self.state = OPAQUE

    # what the sub-classes know ---------------------------------------------------------------------------------------

    def possible_start(self, data: bytes | bytearray) -> bool:
        """Whether a message may start with these bytes."""
        raise NotImplementedError

    def certain_start(self, data: bytes) -> bool:
        """Whether a message starts here beyond doubt: only this is believed where the place is unknown."""
        raise NotImplementedError

    def parse(self, block: bytes) -> Fields:
        """The header fields of a head."""
        raise NotImplementedError

    def start(self, data: bytes, begin: i64, line: i64, fields: Fields, whole: bool) -> bool:
        """Report a head, and set out to read its body; False when its first line is none of HTTP.

        That goes from `begin` to the newline at `line`; not `whole`: a limit cut the fields.
        """
        raise NotImplementedError

    def decide_body(self, data: bytes) -> None:
        """Whether a body that is in doubt is there; `data` comes next."""

    # heads -----------------------------------------------------------------------------------------------------------

    def _head(self, data: bytes, position: i64, end: i64, time: float, seq: i64, ack: i64) -> i64:
        if not self.buffer:
            if data[position] in (13, 10):  # empty lines before a message (RFC 9112 section 2.2)
                empty = _EMPTY_LINES.match(data, position, end)
                return empty.end() if empty is not None else position
            self.place = Place(time, seq, ack)
            self.oddities = ()
            after = self._known_head(data, position, end)
            if after >= 0:
                return after
            after = head_end(data, position, end)
            if after >= 0 and after - position <= self.limits.header_bytes:
                head = data[position:after]
                fields = self._whole_head(head)
                if fields is not None:
                    self._remember(head, fields)
                return after
        return self._head_in_parts(data, position, end)

    def _known_head(self, data: bytes, position: i64, end: i64) -> i64:
        """Take a head whose fields came before; the index after it, -1 if it is another."""
        line: i64 = data.find(b"\n", position, end)
        if line < 0:
            return -1
        block, fields = self.block, self.fields
        after = line + len(block)
        if not block or after > end or data[line:after] != block:
            after = usual_head_end(data, line, end)
            if after < 0:
                return -1
            block = data[line:after]
            found = self.blocks.get(block)
            if found is None:
                return -1
            fields = found
            self._keep_block(block, fields)
        if fields.lines > self.limits.headers + 2 or after - position > self.limits.header_bytes:
            return -1
        if not self.start(data, position, line, fields, whole=True):
            self._not_http(after - position)
        return after

    def _remember(self, head: bytes, fields: Fields) -> None:
        """Of a head that ends with its first empty line."""
        block = head[head.find(b"\n") :]
        self.blocks.add(block, fields)
        self._keep_block(block, fields)

    def _keep_block(self, block: bytes, fields: Fields) -> None:
        """Keep it, while there is plenty of room."""
        self._forget_block()
        budget = self.budget
        if len(block) <= _LONGEST_BLOCK and budget.used < budget.limit // 2 and self.state != OPAQUE:
            self.block, self.fields = block, fields
            budget.used += len(block)

    def _forget_block(self) -> None:
        self.budget.used -= len(self.block)
        self.block = b""

    def _head_in_parts(self, data: bytes, position: i64, end: i64) -> i64:
        held = len(self.buffer)
        if not self._keep(data[position : min(end, position + self.limits.header_bytes - held)]):
            self.lose(malformed=False)
            return end
        after = head_end(self.buffer, max(0, held - 2))
        if after >= 0:
            self._whole_head(self._release()[:after])
            return position + after - held
        if not self.possible_start(self.buffer):
            self._not_http(len(self._release()))
        elif len(self.buffer) >= self.limits.header_bytes:
            self.note("head too long")
            self._start(self._release(), whole=False)
        return end

    def _whole_head(self, head: bytes) -> Fields | None:
        """Take a head; its fields, unless there are too many of them."""
        if head.count(b"\n") > self.limits.headers + 2:
            self.note("too many header fields")
            self._start(b"\n".join(head.split(b"\n", self.limits.headers + 1)[:-1]), whole=False)
            return None
        return self._start(head, whole=True)

    def _start(self, head: bytes, *, whole: bool) -> Fields:
        line = head.find(b"\n")
        fields = self.parse(head[line:]) if line >= 0 else NO_FIELDS
        if not self.start(head, 0, line if line >= 0 else len(head), fields, whole):
            self._not_http(len(head))
        return fields

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
        held = bytes(self.buffer)
        self.budget.used -= len(held)
        self.buffer = bytearray()
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

    def _body(self, position: i64, end: i64, time: float) -> i64:
        there: int = end - position
        taken = min(there, self.remaining)  # a chunk may claim more bytes than 64 bits can count
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

    def _line(self, data: bytes, position: i64, end: i64, time: float) -> i64:
        """Take one line of the chunked framing (RFC 9112 section 7.1)."""
        after = data.find(b"\n", position, end) + 1
        part = data[position : after or end]
        if len(self.buffer) + len(part) + self.trailer_bytes > self.limits.header_bytes:
            self.note("chunk line or trailer too long")
            self.lose(malformed=True)
        elif after and not self.buffer:
            self._chunk_line(part, time)
        elif not self._keep(part):
            self.lose(malformed=False)
        elif after:
            self._chunk_line(self._release(), time)
        return after or end

    def _chunk_line(self, line: bytes, time: float) -> None:
        empty = line in (b"\r\n", b"\n")
        if self.state == CHUNK_SIZE:
            match = _CHUNK_LINE.match(line)
            if match is None:
                self.note("bad chunk size")
                self.lose(malformed=True)
            else:
                self.remaining = int(match[1], 16)
                self.state = LENGTH if self.remaining else TRAILER
        elif self.state == CHUNK_END:
            if not empty:
                self.note("bad chunk end")
                self.lose(malformed=True)
            else:
                self.state = CHUNK_SIZE
        elif empty:
            self.state = HEAD
            self.listener.ended(self, time)
        else:
            self.trailer_bytes += len(line)
