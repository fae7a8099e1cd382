"""Encodes TCP connections in any condition as bytes, for a fuzzer to change.

The first byte chooses limits and records, the second the size of the batches; segments follow. Each has a byte for its
fate (`FATES`), one for its oddity (`ODDS`, with an amount), and two for its connection (2 bits), how much of it was not
captured (2 bits) and the length of its payload (12 bits), which follows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import pack
from typing import Final

from traffic.frame import LINKTYPE_RAW, Frame
from traffic.frames import Frames

from .difference import TAKE, Step
from .frames import ACK, CLIENT, FIN, MASK, RST, SERVER, SYN, packet

SIDE, LOST, DOUBLED, EARLY, LATE, ENDS, RESETS, SAYS_NO_ACK = (1 << bit for bit in range(8))
PLAIN, BEGINS, SEQUENCE, ACKNOWLEDGES, BACK, FAR, ADVANCES, TAKEN, OTHER_BYTES = 0, *range(8, 16)
SHIFTS: Final = (1, -1, 2, -2, 10, -10, 100, -100, 1460, -1460, 65536, -65536, 2**20, 2**31, 2**31 - 1, 5 - 2**31)
SPANS: Final = (0.01, 0.1, 0.5, 1.0, 1.5, 2.0, 4.9, 5.1, 10.0, 29.9, 30.1, 31.0, 599.0, 600.1, 700.0, 1e6)
CUTS: Final = (0, 1, 10, 4096)
FIRSTS: Final = ((1000, 5000), (1000, 5000), (MASK, MASK - 40), (0, 2**31 - 20))
MOST: Final = 300
"""Maximum segments per input."""


def said(fate: int, data: bytes = b"", odd: int = PLAIN, amount: int = 0, *, line: int = 0, cut: int = 0) -> bytes:
    """Encode a segment for mutation."""
    return pack(">BBH", fate, odd | amount << 4, line << 14 | cut << 12 | len(data)) + data


@dataclass
class Talk:
    """The connections: the first and third with a handshake, the second without, the fourth with half of one."""

    time: float = 1000.0
    next: list[list[int]] = field(default_factory=lambda: [list(first) for first in FIRSTS])
    begun: set[int] = field(default_factory=set)
    early: list[Frame] = field(default_factory=list)

    def steps(self, data: bytes, size: int) -> Iterator[Step]:
        """Yield the steps for the decoders, `size` frames at a time."""
        batch: list[Frame] = []
        for fate, odd, amount, place, body in segments(data):
            batch += self._frames(fate, odd, amount, place, body)
            if odd in (ADVANCES, TAKEN) or len(batch) >= size:
                yield Frames.of(batch)
                batch = []
            if odd == ADVANCES:
                self.time += SPANS[amount]
                yield self.time
            elif odd == TAKEN:
                yield TAKE
        yield Frames.of(batch)

    def _frames(self, fate: int, odd: int, amount: int, place: int, body: bytes) -> Iterator[Frame]:
        line, side = place >> 2, fate & SIDE
        yield from self._opened(line)
        self._passes(fate, odd, amount)
        frame = self._frame(line, side, self._flags(fate, odd), _shifts(odd, amount, body), body)
        size = len(body) + bool(fate & ENDS) + (odd == BEGINS)
        self.next[line][side] = (self.next[line][side] + size * (odd != OTHER_BYTES)) & MASK
        frame = frame._replace(data=frame.data[: max(0, len(frame.data) - CUTS[place & 3])])
        if fate & EARLY:
            self.early.append(frame)
            return
        yield from [] if fate & LOST else [frame] * (2 if fate & DOUBLED else 1)
        while self.early and not fate & LOST:
            yield self.early.pop()._replace(time=self.time)

    def _opened(self, line: int) -> Iterator[Frame]:
        if line in self.begun:
            return
        self.begun.add(line)
        client, server = self.next[line]
        if line != 1:
            yield self._raw(packet(line, CLIENT, client, 0, SYN))
        if line in (0, 2):
            yield self._raw(packet(line, SERVER, server, (client + 1) & MASK, SYN | ACK))
        self.next[line] = [(client + 1) & MASK, (server + 1) & MASK]

    def _passes(self, fate: int, odd: int, amount: int) -> None:
        self.time += 2.0 if fate & LATE else 0.001
        self.time += SPANS[amount] * (1 if odd == FAR else -1 if odd == BACK else 0)

    def _flags(self, fate: int, odd: int) -> int:
        flags = (FIN if fate & ENDS else 0) | (RST if fate & RESETS else 0) | (SYN if odd == BEGINS else 0)
        return flags | (0 if fate & SAYS_NO_ACK else ACK)

    def _frame(self, line: int, side: int, flags: int, shifts: tuple[int, int], body: bytes) -> Frame:
        ends = self.next[line]
        return self._raw(packet(line, side, ends[side] + shifts[0], ends[1 - side] + shifts[1], flags, body))

    def _raw(self, data: bytes) -> Frame:
        return Frame(self.time, LINKTYPE_RAW, data, len(data))


def _shifts(odd: int, amount: int, body: bytes) -> tuple[int, int]:
    """Return the offsets of the sequence and acknowledgment numbers from their correct values."""
    if odd == OTHER_BYTES:  # overlaps bytes that were already sent
        return -(len(body) + SHIFTS[amount] % 7), 0
    return SHIFTS[amount] if odd == SEQUENCE else 0, SHIFTS[amount] if odd == ACKNOWLEDGES else 0


def segments(data: bytes) -> Iterator[tuple[int, int, int, int, bytes]]:
    """Yield fate, oddity, its amount, connection and truncation, and payload."""
    place, count = 0, 0
    while place + 4 <= len(data) and count < MOST:
        head = int.from_bytes(data[place + 2 : place + 4], "big")
        body = data[place + 4 : place + 4 + (head & 0xFFF)]
        odd = data[place + 1] & 15
        yield data[place], odd if odd >= BEGINS else PLAIN, data[place + 1] >> 4, head >> 12, body
        place += 4 + len(body)
        count += 1
