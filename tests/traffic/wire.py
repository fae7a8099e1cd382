"""A client and a server that talk over TCP, written down as frames: a test states what is on the wire.

    talk = Talk()
    talk.client(b"GET / HTTP/1.1\\r\\n\\r\\n").server(b"HTTP/1.1 204 No Content\\r\\n\\r\\n").close()
    decode(talk.frames).exchanges

Sequence numbers are as in real traffic: each side acknowledges everything that the other has sent. Data sent with
`lost=True` is sent, acknowledged and answered, but not captured.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from struct import pack
from typing import NamedTuple

from decoders import core_decoder, decoder, fed, finished

from traffic.frame import LINKTYPE_ETHERNET, LINKTYPE_RAW, Frame
from traffic.health import Health
from traffic.limits import Limits
from traffic.records import Exchange, Record, Request

CLIENT, SERVER = 0, 1
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
MASK = 0xFFFFFFFF


class Segment(NamedTuple):
    """One TCP segment of a talk."""

    time: float
    side: int
    seq: int
    ack: int
    flags: int
    data: bytes = b""
    window: int = 65535

    def part(self, start: int, end: int) -> "Segment":
        """Return a range of its bytes as another segment."""
        return self._replace(seq=(self.seq + start) & MASK, data=self.data[start:end])


@dataclass
class Talk:
    """A TCP connection between a client and a server. Each call sends one or more segments."""

    client_port: int = 40000
    server_port: int = 80
    addresses: tuple[str, str] = ("10.0.0.1", "10.0.0.2")
    first: tuple[int, int] = (1000, 5000)
    """Initial sequence numbers of the client and the server."""
    segment_size: int = 1460
    time: float = 1000.0
    step: float = 0.001
    """Seconds between segments."""
    handshake: bool = True
    segments: list[Segment] = field(default_factory=list)
    next: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.next = [*self.first]
        lost = not self.handshake
        self.send(CLIENT, flags=SYN, lost=lost)
        self.send(SERVER, flags=SYN | ACK, lost=lost)
        self.send(CLIENT, lost=lost)

    def client(self, data: bytes, size: int = 0, *, lost: bool = False) -> "Talk":
        """Send `data` from the client, in segments of `size` bytes."""
        return self.say(CLIENT, data, size, lost=lost)

    def server(self, data: bytes, size: int = 0, *, lost: bool = False) -> "Talk":
        """Send `data` from the server, in segments of `size` bytes."""
        return self.say(SERVER, data, size, lost=lost)

    def say(self, side: int, data: bytes, size: int = 0, *, lost: bool = False) -> "Talk":
        size = size or self.segment_size
        for start in range(0, len(data), size):
            self.send(side, data[start : start + size], PSH | ACK, lost=lost)
        return self

    def send(
        self,
        side: int,
        data: bytes = b"",
        flags: int = ACK,
        *,
        lost: bool = False,
        ack: int | None = None,
        window: int = 65535,
    ) -> "Talk":
        """Send one segment; by default it acknowledges everything that the peer has sent."""
        if ack is None:
            ack = self.next[1 - side] if flags & ACK else 0
        if not lost:
            self.segments.append(Segment(self.time, side, self.next[side], ack, flags, data, window))
        size = len(data) + bool(flags & SYN) + bool(flags & FIN)
        self.next[side] = (self.next[side] + size) & MASK
        self.time += self.step
        return self

    def wait(self, seconds: float) -> "Talk":
        """Let time pass."""
        self.time += seconds
        return self

    def fin(self, side: int) -> "Talk":
        return self.send(side, flags=FIN | ACK)

    def reset(self, side: int) -> "Talk":
        return self.send(side, flags=RST | ACK)

    def close(self) -> "Talk":
        """Close the connection from both sides."""
        return self.fin(SERVER).fin(CLIENT).send(SERVER)

    @property
    def frames(self) -> list[Frame]:
        return [self.frame(segment) for segment in self.segments]

    def frame(self, segment: Segment) -> Frame:
        """Build an Ethernet frame from a segment."""
        ports = (self.client_port, self.server_port)
        source, target = segment.side, 1 - segment.side
        payload = tcp(ports[source], ports[target], segment)
        return ethernet(segment.time, ip(self.addresses[source], self.addresses[target], payload))

    def as_captured(self, segments: Iterable[Segment]) -> list[Frame]:
        """Build frames from other segments, or in another order; the times follow the given order."""
        start = self.segments[0].time
        return [
            self.frame(segment._replace(time=start + number * self.step)) for number, segment in enumerate(segments)
        ]


def tcp(source: int, target: int, segment: Segment) -> bytes:
    """Build a TCP header without options (RFC 9293 section 3.1), with the payload."""
    numbers = (segment.seq & MASK, segment.ack & MASK)
    return pack(">HHIIBBHHH", source, target, *numbers, 5 << 4, segment.flags, segment.window, 0, 0) + segment.data


def ip(source: str, target: str, payload: bytes, protocol: int = 6) -> bytes:
    """Build an IPv4 or IPv6 packet, depending on the addresses."""
    pair = ip_address(source).packed + ip_address(target).packed
    if len(pair) == 8:
        return pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0x4000, 64, protocol, 0) + pair + payload
    return pack(">IHBB", 6 << 28, len(payload), protocol, 64) + pair + payload


def ipv4_fragments(packet: bytes, size: int, ident: int = 7) -> list[bytes]:
    """Split an IPv4 packet into fragments of `size` bytes, a multiple of 8 (RFC 791 section 3.2)."""
    payload = packet[20:]
    fragments = []
    for start in range(0, len(payload), size):
        part = payload[start : start + size]
        more = 0x2000 if start + size < len(payload) else 0
        head = packet[:2] + pack(">HHH", 20 + len(part), ident, more | start // 8) + packet[8:20]
        fragments.append(head + part)
    return fragments


def ethernet(time: float, packet: bytes, snap: int = 65535) -> Frame:
    """Build an Ethernet frame of which `snap` bytes were captured."""
    kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    data = b"\2\0\0\0\0\2\2\0\0\0\0\1" + pack(">H", kind) + packet
    return Frame(time, LINKTYPE_ETHERNET, data[:snap], len(data))


def raw(time: float, packet: bytes) -> Frame:
    """Build a frame of an IP packet without a link layer."""
    return Frame(time, LINKTYPE_RAW, packet, len(packet))


class Decoded(NamedTuple):
    """The result of decoding frames."""

    records: list[Record]
    health: Health
    held: int
    """Bytes still buffered at the end."""

    @property
    def requests(self) -> list[Request]:
        return [record for record in self.records if isinstance(record, Request)]

    @property
    def exchanges(self) -> list[Exchange]:
        return [record for record in self.records if isinstance(record, Exchange)]

    @property
    def pairs(self) -> list[tuple[str | None, int | None]]:
        """Target and status of each exchange; None if unknown."""
        return [(e.request.target if e.request is not None else None, e.status) for e in self.exchanges]

    @property
    def endings(self) -> list[str]:
        return [exchange.ending for exchange in self.exchanges]

    @property
    def said(self) -> tuple[list[Request], list[Exchange]]:
        """The records without anything that depends on the times and the order of the capture."""
        return (
            [request._replace(time=0.0) for request in self.requests],
            [_timeless(exchange) for exchange in self.exchanges],
        )


def _timeless(exchange: Exchange) -> Exchange:
    request = exchange.request._replace(time=0.0) if exchange.request is not None else None
    timeless = exchange._replace(time=0.0, request=request, response_time=None, total_time=None)
    return timeless._replace(answered=None, first_message_time=None)


def decode(frames: Iterable[Frame], limits: Limits | None = None, ports: Iterable[int] = (80,)) -> Decoded:
    """Feed frames to a decoder, and finish."""
    made = decoder(frozenset(ports), limits)
    records = fed(made, frames) + finished(made)
    return Decoded(records, made.health, made.held)


def decode_by_core(
    frames: Iterable[Frame], *protocols: str, limits: Limits | None = None, ports: Iterable[int] = (80,)
) -> Decoded:
    """Feed frames to a decoder of these protocols besides HTTP/1, and finish."""
    made = core_decoder(*protocols, ports=frozenset(ports), limits=limits)
    records = fed(made, frames) + finished(made)
    return Decoded(records, made.health, made.held)


def get(path: str = "/", *fields: str, method: str = "GET", version: str = "1.1", body: bytes = b"") -> bytes:
    """Build a request."""
    lines = [f"{method} {path} HTTP/{version}", "Host: example.com", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def ok(body: bytes = b"hello", *fields: str, status: int = 200) -> bytes:
    """Build a response with Content-Length."""
    return "\r\n".join([f"HTTP/1.1 {status} OK", *fields, f"Content-Length: {len(body)}"]).encode() + b"\r\n\r\n" + body


def chunked(parts: Sequence[bytes], trailers: bytes = b"") -> bytes:
    """Build a body in the chunked transfer coding (RFC 9112 section 7.1)."""
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailers + b"\r\n"


def three_ways(talk: Callable[[int], Talk]) -> Iterator[Decoded]:
    """Decode a talk whole, in segments of one byte, and in segments of seven bytes."""
    for size in (1460, 1, 7):
        yield decode(talk(size).frames)
