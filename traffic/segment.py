"""Out-of-order TCP segments, and the arithmetic of sequence numbers (RFC 9293 section 3.4)."""

from typing import Final

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
ACK: Final = 0x10
CONTROL: Final = FIN | SYN | RST

MASK: Final = 0xFFFFFFFF
HALF: Final = 0x80000000

FAR: Final = 2**26
"""A sequence number this far off belongs to another connection; it is many times any window in use."""
SEGMENT_COST: Final = 300
"""Memory of a waiting segment in bytes, besides its data."""


def after(a: int, b: int) -> int:
    """Return how far sequence number `a` is after `b` (RFC 9293 section 3.4); negative if it is before."""
    distance = (a - b) & MASK
    return distance if distance < HALF else distance - (MASK + 1)


class Segment:
    """A waiting segment. `cut` bytes at its end were not captured; of `flags`, only FIN matters.

    It does not change while it waits.
    """

    __slots__ = ("ack", "cut", "data", "flags", "seq", "time")

    def __init__(self, seq: int, data: bytes, cut: int, time: float, ack: int, flags: int) -> None:
        self.seq = seq
        self.data = data
        self.cut = cut
        self.time = time
        self.ack = ack
        self.flags = flags

    @property
    def cost(self) -> int:
        """Its memory in bytes while it waits."""
        return len(self.data) + SEGMENT_COST

    @property
    def size(self) -> int:
        """Its payload length on the wire in bytes."""
        return len(self.data) + self.cut

    @property
    def is_fin(self) -> bool:
        """Whether it is a FIN without data."""
        return self.flags & FIN != 0 and self.size == 0

    @property
    def end(self) -> int:
        """Sequence number after its last byte."""
        return (self.seq + self.size) & MASK


def without_start(segment: Segment, size: int) -> Segment:
    """Return a segment without its first `size` bytes."""
    cut = segment.cut - max(0, size - len(segment.data))
    seq, data = (segment.seq + size) & MASK, segment.data[size:]
    return Segment(seq, data, max(0, cut), segment.time, segment.ack, segment.flags)


def only_start(segment: Segment, size: int, flags: int) -> Segment:
    """Return the first `size` bytes of a segment, with other flags."""
    data = segment.data[:size]
    return Segment(segment.seq, data, size - len(data), segment.time, segment.ack, flags)


def insert(held: list[Segment], segment: Segment) -> None:
    """Insert a segment in sequence. Most segments come in order, so the search starts at the end."""
    index = len(held)
    while index and after(segment.seq, held[index - 1].seq) < 0:
        index -= 1
    held.insert(index, segment)


def differs(held: Segment, segment: Segment) -> bool:
    """Return whether two overlapping segments differ in the bytes they share."""
    start = after(segment.seq, held.seq)
    a, b = (held.data[start:], segment.data) if start >= 0 else (held.data, segment.data[-start:])
    size = min(len(a), len(b))
    return a[:size] != b[:size]


def new_parts(held: list[Segment], segment: Segment) -> tuple[list[Segment], int]:
    """Return the parts of a segment that are not buffered yet, and how many buffered segments contradict it."""
    if not held or after(segment.seq, held[-1].end) >= 0:
        return [segment], 0
    parts: list[Segment] = []
    contradictions = 0
    for known in held:
        if after(known.end, segment.seq) <= 0:
            continue
        ahead = after(known.seq, segment.seq)
        size = segment.size
        if ahead >= size:
            break
        contradictions += differs(known, segment)
        if ahead > 0:
            parts.append(only_start(segment, ahead, 0))
        covered = after(known.end, segment.seq)
        if covered >= size:
            if segment.flags & FIN and covered == size and not known.flags & FIN:
                parts.append(without_start(segment, size))
            return parts, contradictions
        segment = without_start(segment, covered)
    parts.append(segment)
    return parts, contradictions


def contradicts(recent: bytes, data: bytes, behind: int) -> bool:
    """Return whether a segment that starts `behind` bytes before the next one differs from the `recent` bytes there."""
    skip = max(0, behind - len(recent))
    seen = recent[max(0, len(recent) - behind) :]
    again = data[skip:behind]
    return seen[: len(again)] != again[: len(seen)]
