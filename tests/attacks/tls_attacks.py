"""Attacks with TLS handshakes in the clear (RFC 8446), and with certificates (RFC 5280)."""

from struct import pack
from typing import Final

from .attack import Attack, Packets
from .frames import CLIENT, SERVER, Line

STATISTICS: Final = (
    "tls_failures",
    "tls_handshake_time",
    "tls_versions",
    "tls_ciphers",
    "tls_clients",
    "tls_certificates_expiring",
)
LONGEST: Final = 16_384
"""Maximum content of a record (RFC 8446 section 5.1)."""


def records(content: bytes, kind: int = 22) -> bytes:
    parts = (content[at : at + LONGEST] for at in range(0, len(content), LONGEST))
    return b"".join(bytes([kind, 3, 3]) + pack(">H", len(part)) + part for part in parts)


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + pack(">I", len(body))[1:] + body


def client_hello(number: int, size: int = 200) -> bytes:
    """Build a ClientHello of some more than `size` bytes, whose ciphers and name are its own."""
    name = b"%d.example.com" % number
    names = b"\0\0" + pack(">HHBH", len(name) + 5, len(name) + 3, 0, len(name)) + name
    padding = b"\0\x15" + pack(">H", size) + bytes(size)
    ciphers = pack(">HH", number & 0xFFFF, number >> 16 & 0xFFFF)
    extensions = names + padding
    body = b"\3\3" + bytes(32) + b"\0\0\4" + ciphers + b"\1\0" + pack(">H", len(extensions)) + extensions
    return records(message(1, body))


def server_hello(number: int) -> bytes:
    return message(2, b"\3\3" + bytes(32) + b"\0" + pack(">H", 0xC000 + number % 50) + b"\0")


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + pack(">H", size)) + content


def certificate(owner: bytes, names: bytes) -> bytes:
    times = der(0x30, der(0x17, b"200101000000Z") + der(0x17, b"200102000000Z"))
    extensions = der(0xA3, der(0x30, der(0x30, b"\6\3\x55\x1d\x11" + der(4, der(0x30, names)))))
    body = der(2, b"\1") + der(0x30, b"") + owner + times + owner + der(0x30, b"") + extensions
    return der(0x30, der(0x30, body))


def chain(certificate: bytes) -> bytes:
    entry = pack(">I", len(certificate))[1:] + certificate
    return message(11, pack(">I", len(entry))[1:] + entry)


def half_handshakes(n: int) -> Packets:
    """Memory per connection: each one sends all but the last byte of a ClientHello of 1,500 bytes."""
    for number in range(n):
        line = Line(number)
        yield from line.hello()
        yield from line.send(CLIENT, client_hello(number, 1300)[:-1], 2000)


def half_chains(n: int) -> Packets:
    """The total buffer: servers that send 15 kB of a certificate, and nothing more."""
    for number in range(n):
        line = Line(number)
        yield from line.hello()
        yield from line.send(CLIENT, client_hello(number))
        yield from line.send(SERVER, records(server_hello(number) + chain(bytes(16_000)))[:15_000], 15_000)


def endless_messages(n: int) -> Packets:
    """The buffer of a message: handshake messages of 16 MB, one after the other."""
    line = Line(0)
    yield from line.hello()
    yield from line.send(CLIENT, client_hello(0))
    block = records(bytes(LONGEST))
    for start in range(0, n, 1 << 24):
        yield from line.send(SERVER, records(b"\x0b\xff\xff\xff"))
        for _ in range(min(n - start, 1 << 24) // LONGEST):
            yield from line.send(SERVER, block, 16_000)


def tiny_records(n: int) -> Packets:
    """Time per record: handshake messages in records of one byte."""
    line = Line(0)
    yield from line.hello()
    yield from line.send(CLIENT, client_hello(0))
    block = b"\x16\3\3\0\1\0" * 2500
    for _ in range(n // 2500):
        yield from line.send(SERVER, block, 15_000)


def certificate_bombs(n: int) -> Packets:
    """Time and texts of certificates: 4,000 names, or 2,000 attributes, of every server another."""
    for number in range(n):
        line = Line(number)
        yield from line.hello()
        yield from line.send(CLIENT, client_hello(number))
        own = b"%d" % number
        attribute = der(0x31, der(0x30, b"\6\3\x55\4\3" + der(0x0C, own)))
        if number % 2:
            bomb = certificate(der(0x30, attribute), der(0x82, own) * (15_000 // (len(own) + 2)))
        else:
            bomb = certificate(der(0x30, attribute * (7_000 // len(attribute))), b"")
        yield from line.send(SERVER, records(server_hello(number) + chain(bomb)), 16_000)
        yield from line.send(SERVER, bytes.fromhex("15030300020228"))
        yield from line.bye()


TLS_ATTACKS = (
    Attack(half_handshakes, 200_000, "connections", ("TLS",), ("evicted",), core_only=True, statistics=STATISTICS),
    Attack(half_chains, 50_000, "connections", ("TLS",), ("total buffer full",), True, STATISTICS),
    Attack(endless_messages, 2**30, "bytes", ("TLS",), core_only=True, statistics=STATISTICS),
    Attack(tiny_records, 20_000_000, "records", ("TLS",), core_only=True, statistics=STATISTICS),
    Attack(certificate_bombs, 20_000, "handshakes", ("TLS",), ("(other)",), True, STATISTICS),
)
