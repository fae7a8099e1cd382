"""Attacks on the reading of DNS. Each generates packets of a size `n`, and its docstring names the target."""

from struct import pack

from .attack import Attack, Packets
from .frames import ACK, SYN

SERVER, CLIENT = 0xC0000235, 0x0A000001
PORT = 53
UDP, TCP = 17, 6
LONGEST = 65535
SEGMENT = 32768
SMALLEST = b"\0\0\1\0\1\0\0\0\0\0\0"
"""The smallest record: an address of the root, without one."""


def _ip(protocol: int, ends: tuple[int, int], content: bytes) -> bytes:
    return pack(">BBHHHBBHII", 0x45, 0, 20 + len(content), 0, 0x4000, 64, protocol, 0, *ends) + content


def datagram(number: int, message: bytes) -> bytes:
    """Build a datagram of one of 2^22 clients to a DNS server."""
    client, port = 0x0A000000 + (number >> 14), 1024 + (number & 0x3FFF)
    return _ip(UDP, (client, SERVER), pack(">HHHH", port, PORT, 8 + len(message), 0) + message)


def segment(sequence: int, flags: int, data: bytes = b"") -> bytes:
    """Build a segment of the client of one connection to a DNS server."""
    head = pack(">HHIIBBHHH", 40000, PORT, sequence & 0xFFFFFFFF, 5001, 0x50, flags, 65535, 0, 0)
    return _ip(TCP, (CLIENT, SERVER), head + data)


def _welcome() -> bytes:
    """Build the server's SYN-ACK."""
    head = pack(">HHIIBBHHH", PORT, 40000, 5000, 1001, 0x50, SYN | ACK, 65535, 0, 0)
    return _ip(TCP, (SERVER, CLIENT), head)


def _query(number: int, name: bytes) -> bytes:
    return pack(">HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + name + b"\0\0\1\0\1"


def dns_flood(n: int) -> Packets:
    """The lookups that wait: each query asks for another name, and none is answered."""
    for number in range(n):
        label = b"%x" % (number * 2654435761 & 0xFFFFFFFFFF)
        yield datagram(number, _query(number, pack("B", len(label)) + label + b"\7example\3com"))


def dns_one_id(n: int) -> Packets:
    """The questions at one place: all queries have the same endpoints and the same id."""
    for number in range(n):
        label = b"%x" % number
        yield datagram(0, _query(7, pack("B", len(label)) + label))


def dns_loops(n: int) -> Packets:
    """Names: long ones, made of pointers to pointers, that never end."""
    chain = b"".join(pack(">H", 0xC000 + 12 + 2 * (place + 1) % 1000) for place in range(500))
    for number in range(n):
        yield datagram(number, pack(">HHHHHH", number & 0xFFFF, 0x8180, 1, 0xFFFF, 0, 0) + chain)


def dns_records(n: int) -> Packets:
    """Records: answers of 64 KiB that consist of the smallest ones."""
    body = SMALLEST * 5900
    for number in range(n):
        yield datagram(number, pack(">HHHHHH", number & 0xFFFF, 0x8180, 0, 0xFFFF, 0, 0) + body[:65000])


def dns_over_tcp(n: int) -> Packets:
    """Messages of 64 KiB over TCP, whose ends come late: `n` bytes in one connection."""
    yield segment(1000, SYN)
    yield _welcome()
    sequence = 1001
    message = pack(">HHHHHHH", LONGEST, 1, 0x8180, 0, 0xFFFF, 0, 0) + SMALLEST * 5960
    message = message[: 2 + LONGEST]
    for _ in range(max(1, n // LONGEST)):
        for start in range(0, len(message), SEGMENT):
            part = message[start : start + SEGMENT]
            yield segment(sequence, ACK, part)
            sequence += len(part)


_SHOWN = ("dns_names", "dns_servers", "dns_failures_by_client")
_MANY, _MALFORMED = ("too many pending DNS lookups",), ("malformed DNS message",)
DNS_ATTACKS = (
    Attack(dns_flood, 1_000_000, "queries", (), _MANY, core_only=True, statistics=_SHOWN),
    Attack(dns_one_id, 1_000_000, "queries", (), _MANY, core_only=True, statistics=_SHOWN),
    Attack(dns_loops, 500_000, "answers", ("DNS compression loop",), core_only=True, statistics=_SHOWN),
    Attack(dns_records, 10_000, "answers", _MALFORMED, core_only=True, statistics=_SHOWN),
    Attack(dns_over_tcp, 2**30, "bytes", _MALFORMED, core_only=True, statistics=_SHOWN),
)
