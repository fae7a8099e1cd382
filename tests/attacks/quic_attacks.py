"""Attacks with QUIC: its first packets, which the monitor opens (RFC 9001), and its connection ids."""

from itertools import cycle
from struct import Struct
from typing import Final

from .attack import Attack, Packets
from .quic_packets import Initial, client_hello, crypto, handshake, long_header, short

PORT: Final = 443
_headers: Final = Struct(">BBHHHBBHIIHHHH")


def datagram(number: int, payload: bytes, from_client: bool = True) -> bytes:
    """Build an IPv4 packet between client `number`, with its own address and port, and port 443 of one server."""
    client, port = 0x0A000000 + (number >> 14), 20000 + (number & 0x3FFF)
    size = 8 + len(payload)
    ends = (client, 0xC0000201, port, PORT) if from_client else (0xC0000201, client, PORT, port)
    return _headers.pack(0x45, 0, 20 + size, 0, 0x4000, 64, 17, 0, *ends, size, 0) + payload


def quic_unopened(n: int) -> Packets:
    """The decryption: first packets that no key opens, each with its own connection id and client."""
    junk = b"\0\x44\x9e" + bytes(range(251)) * 5
    for number in range(n):
        yield datagram(number, long_header(0, number.to_bytes(8, "big"), b"") + junk[: 3 + 0x49E])


def quic_unopened_by_one(n: int) -> Packets:
    """The same from one client: each packet may start a connection in place of the previous one."""
    for packet in quic_unopened(n):
        yield datagram(1, packet[28:])


def quic_holes(n: int) -> Packets:
    """The pieces of a ClientHello: bytes with holes between them, and huge places; 40 packets for each client."""
    pieces = [
        b"".join(crypto(place, b"x") for place in range(start, start + 400, 2)) for start in range(1, 12_000, 400)
    ]
    far = [b"\x06\xff\xff\xff\xff\xff\xff\xff\xff\x01x", crypto(16_383, b"xx")]
    packets = cycle([Initial(frames, number=number).sealed() for number, frames in enumerate([*pieces, *far] * 2)])
    for number in range(n):
        yield datagram(number // 40, next(packets))


def quic_names(n: int) -> Packets:
    """Connections that are complete, from different clients; a thousand names, which the server has in turn."""
    first = cycle(
        [Initial(crypto(0, client_hello(b"%d.%b" % (number, b"x" * 200)))).sealed() for number in range(1000)]
    )
    for number in range(n):
        yield datagram(number, next(first))


def quic_migrations(n: int) -> Packets:
    """The connection ids of 4,000 servers: of all lengths, and packets from anywhere that name one, or none."""
    first = Initial(crypto(0, client_hello(b"a.example"))).sealed()
    for number in range(n // 20):
        one = number % 4000
        identity = one.to_bytes(20, "big")[-4 - one % 17 :]
        yield datagram(one, first)
        yield datagram(one, handshake(identity), from_client=False)
        for place in range(18):
            yield datagram(2**20 + 18 * number + place, short(identity if place % 2 else bytes(20)))


QUIC_ATTACKS: Final = (
    Attack(quic_unopened, 300_000, "packets", ("QUIC",), ("evicted",), core_only=True),
    Attack(quic_unopened_by_one, 1_000_000, "packets", ("QUIC",), core_only=True),
    Attack(quic_holes, 300_000, "packets", ("QUIC handshake not understood",), core_only=True),
    Attack(quic_names, 200_000, "connections", ("QUIC",), ("evicted",), core_only=True),
    Attack(quic_migrations, 1_000_000, "packets", ("QUIC",), core_only=True),
)
