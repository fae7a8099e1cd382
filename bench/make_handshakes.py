"""Makes a capture of TLS connections that end after the handshake: `python -m bench.make_handshakes --count N FILE`.

Every other one is of TLS 1.3, with a ClientHello of two segments (a post-quantum key); the others are of TLS 1.2, with
a chain of two certificates. There are 1,000 server names. The same arguments produce the same bytes.
"""

import argparse
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from struct import Struct, pack
from typing import Final

from bench.make_capture import FILE_HEADER, START

SYN, ACK, FIN = 2, 16, 1
SEGMENT: Final = 1448
CLIENTS: Final = int(IPv4Address("198.18.0.0"))
SERVER: Final = int(IPv4Address("192.0.2.10"))
CIPHERS: Final = bytes.fromhex("130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035")
ALGORITHMS: Final = bytes.fromhex("04030804040105030805050108060601")
CHANGE: Final = bytes.fromhex("140303000101")
_record: Final = Struct("<IIII")
_frame: Final = Struct("!6s6sHBBHHHBBHIIHHIIBBHHH")


def sized(size: int, body: bytes) -> bytes:
    """Return a vector: a body behind its length."""
    return len(body).to_bytes(size, "big") + body


def message(kind: int, body: bytes) -> bytes:
    """Return a handshake message."""
    return bytes([kind]) + sized(3, body)


def record(kind: int, body: bytes) -> bytes:
    """Return a record."""
    return bytes([kind, 3, 3]) + sized(2, body)


def extension(kind: int, body: bytes) -> bytes:
    """Return an extension of a hello."""
    return kind.to_bytes(2, "big") + sized(2, body)


def client_hello(name: bytes, modern: bool) -> bytes:
    """Return the record of a ClientHello."""
    groups = b"\x11\xec\x00\x1d\x00\x17" if modern else b"\x00\x1d\x00\x17"
    extensions = [
        extension(0, sized(2, b"\0" + sized(2, name))),
        extension(23, b""),
        extension(10, sized(2, groups)),
        extension(11, b"\x01\0"),
        extension(16, sized(2, b"\x02h2\x08http/1.1")),
        extension(13, sized(2, ALGORITHMS)),
    ]
    if modern:
        share = b"\x11\xec" + sized(2, bytes(1216)) + b"\0\x1d" + sized(2, bytes(32))
        extensions += [extension(43, b"\x04\x03\x04\x03\x03"), extension(51, sized(2, share))]
    body = b"\x03\x03" + bytes(32) + sized(1, bytes(32)) + sized(2, CIPHERS) + b"\x01\0"
    return record(22, message(1, body + sized(2, b"".join(extensions))))


def server_flight(name: bytes, modern: bool) -> bytes:
    """Return all that the server sends first."""
    if modern:
        extensions = extension(43, b"\x03\x04") + extension(51, b"\x11\xec" + sized(2, bytes(1120)))
        hello = b"\x03\x03" + bytes(32) + sized(1, bytes(32)) + b"\x13\x01\0" + sized(2, extensions)
        return record(22, message(2, hello)) + CHANGE + record(23, bytes(2800))
    hello = b"\x03\x03" + bytes(32) + b"\0\xc0\x2f\0" + sized(2, extension(16, b"\0\x03\x02h2"))
    chain = sized(3, sized(3, certificate(name)) + sized(3, bytes(1300)))
    return record(22, message(2, hello) + message(11, chain) + message(12, bytes(330)) + message(14, b""))


def certificate(name: bytes) -> bytes:
    """Return a certificate as far as it is read, and a key and a signature of zeros."""
    owner = der(0x30, der(0x31, der(0x30, bytes.fromhex("0603550403") + der(0x0C, name))))
    issuer = der(0x30, der(0x31, der(0x30, bytes.fromhex("0603550403") + der(0x0C, b"A Certificate Authority"))))
    times = der(0x30, der(0x17, b"240101000000Z") + der(0x17, b"240901000000Z"))
    names = der(0x30, der(0x82, name) + der(0x82, b"www." + name))
    extensions = der(0xA3, der(0x30, der(0x30, bytes.fromhex("0603551d11") + der(4, names))))
    parts = [der(0xA0, b"\x02\x01\x02"), der(2, b"\x07"), der(0x30, b""), issuer, times, owner, der(0x30, bytes(294))]
    body = der(0x30, b"".join(parts) + extensions)
    return der(0x30, body + der(0x30, b"") + der(3, bytes(257)))


def der(tag: int, content: bytes) -> bytes:
    """Return an element of a certificate."""
    size = len(content)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")) + content


def flights(number: int) -> list[tuple[bool, bytes]]:
    """Return what both sides send, in order; True is the client."""
    name, modern = b"host-%d.example.com" % (number % 1000), number % 2 == 0
    said = [(True, client_hello(name, modern)), (False, server_flight(name, modern))]
    if modern:
        return [*said, (True, CHANGE + record(23, bytes(53)))]
    finished = CHANGE + record(22, bytes(40))
    return [*said, (True, record(22, message(16, bytes(66))) + finished), (False, finished)]


def frames(number: int) -> Iterator[bytes]:
    """Yield the frames of a connection."""
    ends = (CLIENTS + number % 131072, SERVER), (1024 + number % 60000, 443)
    next_ = [1000, 5000]

    def send(client: bool, flags: int, data: bytes = b"") -> bytes:
        (source, target), (source_port, target_port) = (end if client else end[::-1] for end in ends)
        own, other = (0, 1) if client else (1, 0)
        head = _frame.pack(
            b"\2\0\0\0\0\2", b"\2\0\0\0\0\1", 0x0800, 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0, source, target,
            source_port, target_port, next_[own], next_[other], 0x50, flags, 65535, 0, 0,
        )  # fmt: skip
        next_[own] += len(data) + (flags & (SYN | FIN) != 0)
        return head + data

    yield send(True, SYN)
    yield send(False, SYN | ACK)
    for client, flight in flights(number):
        for start in range(0, len(flight), SEGMENT):
            yield send(client, ACK, flight[start : start + SEGMENT])
    yield send(True, FIN | ACK)
    yield send(False, FIN | ACK)
    yield send(True, ACK)


def make(path: Path, count: int) -> None:
    """Write a capture of so many connections, one each 100 us."""
    with path.open("wb", buffering=1 << 20) as file:
        file.write(FILE_HEADER[:-4] + pack("<I", 1))
        for number in range(count):
            for place, frame in enumerate(frames(number)):
                seconds, micros = divmod(START + number * 100 + place, 1_000_000)
                file.write(_record.pack(seconds, micros, len(frame), len(frame)) + frame)


def main() -> None:
    """Make the file that the arguments name."""
    parser = argparse.ArgumentParser(prog="make_handshakes", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="connections (default: 100000)")
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    make(given.file, given.count)


if __name__ == "__main__":
    main()
