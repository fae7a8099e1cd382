"""Makes a capture of DNS over UDP: `dns_capture(messages)` returns its path. The same number gives the same bytes.

Clients ask two resolvers for names of which a few are asked for most of the time, in pairs of A and AAAA. Every query
is answered within milliseconds; one name in fifty does not exist.
"""

from pathlib import Path
from random import Random
from struct import Struct, pack
from typing import Final
from zlib import crc32

from bench.make_capture import FILE_HEADER, START
from bench.measure import CACHE

SEED: Final = 20
NAMES: Final = 5000
CLIENTS: Final = 1000
FIRST_CLIENT: Final = 0xC6120000
RESOLVERS: Final = (0xC0000235, 0xC0000236)
INTERVAL: Final = 20
"""Microseconds between queries."""
SERVING: Final = 3000
"""Average microseconds until the answer."""
UNKNOWN: Final = 50
"""One in so many names does not exist."""
A, AAAA = (1, 4), (28, 16)
ETHERNET: Final = b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0"
_record: Final = Struct("<IIII")
_headers: Final = Struct(">BBHHHBBHIIHHHH")
_head: Final = Struct(">HHHHHH")


def dns_capture(messages: int) -> Path:
    """Return a capture with so many messages; make it if it is missing."""
    path = CACHE / f"dns-{messages}-{crc32(Path(__file__).read_bytes()):08x}.pcap"
    if not path.exists():
        frames = sorted(_frames(messages // 2, Random(SEED)))
        part = path.with_suffix(".part")
        with part.open("wb", buffering=1 << 20) as file:
            file.write(FILE_HEADER)
            for time, _, frame in frames:
                seconds, fraction = divmod(time, 1_000_000)
                file.write(_record.pack(seconds, fraction, len(frame), len(frame)) + frame)
        part.rename(path)
    return path


def _frames(lookups: int, random: Random) -> list[tuple[int, int, bytes]]:
    names = [_name(number) for number in range(NAMES)]
    found = []
    for number in range(lookups):
        place = min(int(random.paretovariate(0.8)) - 1, NAMES - 1)
        client, port = FIRST_CLIENT + random.randrange(CLIENTS), 1024 + random.randrange(60000)
        resolver, (kind, size) = RESOLVERS[number % 2], (A, AAAA)[number % 2]
        question = names[place] + pack(">HH", kind, 1)
        exists = place % UNKNOWN != UNKNOWN - 1
        answers = 1 + place % 4 if exists else 0
        record = b"\xc0\x0c" + pack(">HHIH", kind, 1, 60, size)
        records = b"".join(record + bytes([place & 255]) * size for _ in range(answers))
        asked = START + number * INTERVAL
        answered = asked + 200 + int(random.expovariate(1 / SERVING))
        query = _head.pack(number & 0xFFFF, 0x0100, 1, 0, 0, 0) + question
        answer = _head.pack(number & 0xFFFF, 0x8180 if exists else 0x8183, 1, answers, 0, 0) + question + records
        found.append((asked, 2 * number, _frame((client, resolver, port, 53), query)))
        found.append((answered, 2 * number + 1, _frame((resolver, client, 53, port), answer)))
    return found


def _name(number: int) -> bytes:
    labels = (f"host{number}", ("www", "api", "cdn", "mail")[number % 4], f"site{number % 700}", "example", "com")
    return b"".join(pack("B", len(label)) + label.encode() for label in labels) + b"\0"


def _frame(ends: tuple[int, int, int, int], message: bytes) -> bytes:
    size = 8 + len(message)
    return ETHERNET + _headers.pack(0x45, 0, 20 + size, 0, 0x4000, 64, 17, 0, *ends, size, 0) + message
