"""Builds frames as cheaply as Python can, for attacks with millions of them.

A `Line` is one connection. Its segments are in order and acknowledged as in real traffic.
"""

from collections.abc import Iterable, Iterator
from itertools import count
from struct import Struct

from traffic.frame import LINKTYPE_RAW, Frame

FIN, SYN, RST, ACK = 1, 2, 4, 16
CLIENT, SERVER = 0, 1
MASK = 0xFFFFFFFF
START = 1_700_000_000.0
RATE = 100_000
"""Frames per second of packet time, too fast for timeouts to help."""
SEGMENT = 1460

_headers = Struct(">BBHHHBBHIIHHIIBBHHH")


def packet(line: int, side: int, seq: int, ack: int, flags: int, data: bytes = b"") -> bytes:
    """Build an IPv4 TCP packet of connection number `line`, between its own client and port 80 of one server."""
    client, port = 0x0A000000 + (line >> 14), 1024 + (line & 0x3FFF)
    size = 40 + len(data)
    ends = (0xC0000201, client, 80, port) if side else (client, 0xC0000201, port, 80)
    numbers = (seq & MASK, ack & MASK, 0x50, flags, 65535, 0, 0)
    return _headers.pack(0x45, 0, size & 0xFFFF, 0, 0x4000, 64, 6, 0, *ends, *numbers) + data


class Line:
    """One connection. `hello` opens it; then each side sends."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.next = [1000, 5000]

    def hello(self) -> Iterator[bytes]:
        """Yield the handshake."""
        yield packet(self.number, CLIENT, 1000, 0, SYN)
        yield packet(self.number, SERVER, 5000, 1001, SYN | ACK)
        self.next = [1001, 5001]

    def send(self, side: int, data: bytes, size: int = SEGMENT) -> Iterator[bytes]:
        """Yield `data` in segments of `size` bytes."""
        for start in range(0, len(data), size):
            part = data[start : start + size]
            yield packet(self.number, side, self.next[side], self.next[1 - side], ACK, part)
            self.next[side] += len(part)

    def ahead(self, side: int, offset: int, data: bytes) -> bytes:
        """Build a segment that arrives `offset` bytes too early."""
        return packet(self.number, side, self.next[side] + offset, self.next[1 - side], ACK, data)

    def bye(self) -> Iterator[bytes]:
        """Yield the FINs of both sides."""
        for side in (SERVER, CLIENT):
            yield packet(self.number, side, self.next[side], self.next[1 - side], FIN | ACK)
            self.next[side] += 1


def timed(packets: Iterable[bytes]) -> Iterator[Frame]:
    """Turn packets into frames at RATE."""
    for number, data in zip(count(), packets):
        yield Frame(START + number / RATE, LINKTYPE_RAW, data, len(data))
