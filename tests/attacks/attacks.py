"""The attacks. Each generates packets of a size `n`, and its docstring names the target.

`ATTACKS` gives the full size of each attack, and what the monitor must report.
"""

import gzip
from struct import pack

from .attack import Attack, Packets
from .body_attacks import BODY_ATTACKS
from .decryption_attacks import DECRYPTION_ATTACKS
from .dns_attacks import DNS_ATTACKS
from .frames import ACK, CLIENT, RST, SERVER, SYN, Line, packet
from .http2_attacks import HTTP2_ATTACKS
from .quic_attacks import QUIC_ATTACKS
from .tls_attacks import TLS_ATTACKS


def _head(number: int, *fields: bytes, path: bytes = b"/") -> bytes:
    return b"\r\n".join((b"GET %b HTTP/1.1" % path, b"Host: h%d.example" % (number % 7), *fields)) + b"\r\n\r\n"


def half_heads(n: int) -> Packets:
    """Memory per connection: each one sends half a head and nothing more."""
    half = b"GET /" + b"a" * 200 + b" HTTP/1.1\r\nHost: example.com\r\nX-Half: "
    for number in range(n):
        line = Line(number)
        yield from line.hello()
        yield from line.send(CLIENT, half)


def syn_flood(n: int) -> Packets:
    """The connection table: every connection is opened; some are reset."""
    for number in range(n):
        yield packet(number, CLIENT, 1000, 0, SYN)
        if number % 2:
            yield packet(number, CLIENT, 1001, 0, RST)


def forged_syns(n: int) -> Packets:
    """The claims of new connections: SYNs with other numbers, and the data that follows them, on open connections."""
    for number in range(max(1, n // 50)):
        line = Line(number)
        yield from line.hello()
        yield from line.send(CLIENT, _head(number))
        yield from line.send(SERVER, b"HTTP/1.1 204 No Content\r\n\r\n")
        for offset in range(0, 50 << 24, 1 << 24):
            yield packet(number, CLIENT, 2**31 + offset, 0, SYN)
            yield packet(number, CLIENT, 2**31 + offset + 1, 77, ACK, b"x" * 1000)


def endless_header(n: int) -> Packets:
    """The buffer of a single head: a header field of `n` bytes."""
    line = Line(0)
    yield from line.hello()
    yield from line.send(CLIENT, b"GET / HTTP/1.1\r\nHost: example.com\r\nX-Long: ")
    for _ in range(n // 1460):
        yield from line.send(CLIENT, b"a" * 1460)


def pipelined(n: int) -> Packets:
    """The queue of unanswered requests."""
    line = Line(0)
    yield from line.hello()
    for number in range(n):
        yield from line.send(CLIENT, _head(number))


def pipelined_by_many(n: int) -> Packets:
    """The same queue, spread over enough connections to stay below the limit of each; with long targets."""
    lines = [Line(number) for number in range(max(1, n // 200))]
    for line in lines:
        yield from line.hello()
    for number in range(n):
        yield from lines[number % len(lines)].send(CLIENT, _head(number, path=b"/%d" % number + b"p" * 1200))


def huge_chunks(n: int) -> Packets:
    """Arithmetic: chunk sizes of 2^64 - 1, and of 2^64, which is too long to be valid."""
    for number in range(n):
        line = Line(number)
        yield from line.hello()
        yield from line.send(CLIENT, _head(number))
        size = b"ffffffffffffffff" if number % 2 else b"10000000000000000"
        yield from line.send(
            SERVER, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%b\r\n" % size + b"b" * 1000
        )
        yield from line.bye()


def gzip_bombs(n: int) -> Packets:
    """Bodies that would grow a thousandfold if decompressed: gzip within gzip."""
    bomb = gzip.compress(gzip.compress(bytes(8 * 2**20)))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    line = Line(0)
    yield from line.hello()
    for number in range(n):
        yield from line.send(CLIENT, _head(number))
        yield from line.send(SERVER, head + bomb)


def different_names(n: int) -> Packets:
    """The keys of the store: every path, host and user agent is different."""
    yield from _names(n, b"")


def different_long_names(n: int) -> Packets:
    """The same with names of the maximum length."""
    yield from _names(n, b"x" * 1000)


def _names(n: int, tail: bytes) -> Packets:
    line = Line(0)
    yield from line.hello()
    for number in range(n):
        name = b"%d%b" % (number, tail)
        yield from line.send(
            CLIENT, b"GET /%b HTTP/1.1\r\nHost: %b\r\nUser-Agent: %b\r\nReferer: %b\r\n\r\n" % ((name,) * 4), 65000
        )
        yield from line.send(SERVER, b"HTTP/1.1 204 No Content\r\nContent-Type: t/%b\r\n\r\n" % name)


def wide_names(n: int) -> Packets:
    """Strings that take four bytes per character, because one of them is an emoji."""
    yield from _names(n, b"x" * 1000 + "\N{GRINNING FACE}".encode())


def different_texts(n: int) -> Packets:
    """The dictionaries of a batch: every text of every message is different, and shared by no two columns."""
    line = Line(0)
    yield from line.hello()
    for number in range(n):
        method, host, path, agent, referrer, kind = (
            b"%b%d" % (letter, number) for letter in (b"M", b"H", b"P", b"A", b"R", b"K")
        )
        fields = b"Host: %b\r\nUser-Agent: %b\r\nReferer: %b\r\n" % (host, agent, referrer)
        yield from line.send(CLIENT, b"%b /%b/x HTTP/1.1\r\n%b\r\n" % (method, path, fields))
        yield from line.send(SERVER, b"HTTP/1.1 204 No Content\r\nContent-Type: t/%b\r\n\r\n" % kind)


def slow_heads(n: int) -> Packets:
    """A head that arrives byte by byte, up to the maximum length, again and again: `n` bytes in all."""
    body = b"GET /" + b"a" * 30000 + b" HTTP/1.1\r\nHost: example.com\r\n" + b"X: y\r\n" * 200
    done = number = 0
    while done < n:
        line = Line(number)
        number += 1
        yield from line.hello()
        yield from line.send(CLIENT, body[: n - done], size=1)
        done += len(body)


def single_bytes(n: int) -> Packets:
    """Conversations in one-byte segments: `n` bytes in all."""
    request, response = _head(1), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 20
    line = Line(0)
    yield from line.hello()
    for _ in range(n // (len(request) + len(response) + 5)):
        yield from line.send(CLIENT, request, size=1)
        yield from line.send(SERVER, response + b"0\r\n\r\n", size=1)


def overlaps(n: int) -> Packets:
    """Reassembly: segments after a hole, last first, each overlapping the previous ones with different bytes."""
    for number in range(n // 250):
        line = Line(number)
        yield from line.hello()
        yield from line.send(CLIENT, b"GET / HT")
        for place in range(250):
            yield line.ahead(CLIENT, 4 * (250 - place), bytes([97 + place % 26]) * 1000)


def combs(n: int) -> Packets:
    """Reassembly: single bytes with holes between them, then segments over all of them."""
    for number in range(n // 250):
        line = Line(number)
        yield from line.hello()
        for place in range(200):
            yield line.ahead(CLIENT, 10 + 2 * place, b"a")
        for place in range(50):
            yield line.ahead(CLIENT, 9 - place % 2, b"b" * 1400)


def held_by_many(n: int) -> Packets:
    """Buffered data: single bytes after a hole on many connections; each costs far more than one byte to keep.

    A hundred connections take turns. More at a time would measure the processor's caches.
    """
    lines = [Line(number) for number in range(max(1, n // 200))]
    for begin in range(0, len(lines), 100):
        turn = lines[begin : begin + 100]
        for line in turn:
            yield from line.hello()
        for number in range(200):
            for line in turn:
                yield line.ahead(CLIENT, 5 + 2 * number, b"a")


def fragments(n: int) -> Packets:
    """IP fragments of eight bytes that never complete a datagram."""
    for number in range(n):
        ident, place = number % 4000, 1 + 2 * (number // 4000 % 500)
        yield (
            pack(">BBHHHBBHII", 0x45, 0, 28, ident, 0x2000 | place, 64, 6, 0, 0x0A000000 + number // 2000000, 1)
            + b"f" * 8
        )


def expression_bait(n: int) -> Packets:
    """Regular expressions: heads full of near matches; `n` bytes in all."""
    baits = [
        b"GET / HTTP/1.1\r\n" + b"\n\r \r \r \r host \t\r" * 250 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: " + b"0" * 30000 + b"x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: " + b"1," * 15000 + b"1\r\n\r\n",
        b"GET / HTTP/1.1\r\nTransfer-Encoding: " + b"chunked, " * 4000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b" + b"\r\n \t" * 250 + b"\r\n\r\n",
        b"GET " + b" HTTP/1." * 6000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b" \t" * 15000 + b"0" * 3000 + b";\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"\xe2\x80\xae" * 10000 + b"\r\nUser-Agent: " + b"\x1b[" * 9000 + b"\r\n\r\n",
        b"GET /" + b"/" * 30000 + b"@" * 20000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\n" + b" \r\t" * 10000,
    ]
    done = number = 0
    while done < n:
        line = Line(number)
        bait = baits[number % len(baits)]
        yield from line.hello()
        yield from line.send(CLIENT, bait, size=1460 if number // len(baits) % 2 else 60000)
        yield from line.bye()
        done += len(bait)
        number += 1


def hello(name: bytes) -> bytes:
    """Build a TLS ClientHello (RFC 8446 section 4.1.2) with that server name (RFC 6066 section 3)."""
    names = pack(">HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + pack(">H", len(names)) + names
    message = b"\1" + pack(">I", len(body))[1:] + body
    return b"\x16\3\1" + pack(">H", len(message)) + message


def server_names(n: int) -> Packets:
    """TLS server names: every one is different."""
    for number in range(n):
        line = Line(number)
        yield from line.hello()
        yield from line.send(CLIENT, hello(b"%d.%b" % (number, b"x" * 200)))
        yield from line.bye()


ATTACKS = {
    attack.packets.__name__: attack
    for attack in (
        Attack(half_heads, 1_000_000, "connections", (), ("evicted",)),
        Attack(syn_flood, 3_000_000, "connections", (), ("evicted",)),
        Attack(forged_syns, 500_000, "SYNs", ("SYN on an open connection", "reassembly buffer full")),
        Attack(endless_header, 2**30, "bytes", ("head too long",)),
        Attack(pipelined, 100_000, "requests", ("too many pending requests", "unanswered")),
        Attack(pipelined_by_many, 300_000, "requests", ("unanswered",)),
        Attack(huge_chunks, 100_000, "responses", ("bad chunk size",)),
        Attack(gzip_bombs, 20_000, "bodies", ()),
        Attack(different_names, 1_000_000, "requests", ("(other)",)),
        Attack(different_long_names, 100_000, "requests", ("(other)",)),
        Attack(different_texts, 500_000, "requests", ("(other)",)),
        Attack(wide_names, 100_000, "requests", ("(other)",)),
        Attack(server_names, 100_000, "connections", ("TLS",)),
        Attack(slow_heads, 1_000_000, "bytes", ()),
        Attack(single_bytes, 1_000_000, "bytes", ()),
        Attack(overlaps, 50_000, "segments", ("overlap with different bytes",)),
        Attack(combs, 200_000, "segments", ("overlap with different bytes",)),
        Attack(held_by_many, 500_000, "segments", ("gaps",)),
        Attack(fragments, 1_000_000, "fragments", (), ("incomplete IP datagram",)),
        Attack(expression_bait, 200_000_000, "bytes", ("bad Content-Length",)),
        *BODY_ATTACKS,
        *DECRYPTION_ATTACKS,
        *DNS_ATTACKS,
        *HTTP2_ATTACKS,
        *QUIC_ATTACKS,
        *TLS_ATTACKS,
    )
}
