"""Unusual connections, generated at random from a small grammar and encoded as in `talk_bytes`."""

import random
from collections.abc import Sequence
from typing import Final

from .attacks import hello
from .talk_bytes import (
    ADVANCES,
    BEGINS,
    DOUBLED,
    EARLY,
    ENDS,
    LATE,
    LOST,
    PLAIN,
    RESETS,
    SAYS_NO_ACK,
    SIDE,
    TAKEN,
    said,
)

METHODS: Final = b"GET GET GET POST HEAD PUT CONNECT OPTIONS DELETE get PRI X! QUERY OST M-SEARCH G\xe9T".split()
TARGETS: Final = (
    b"/ /a/b?c=d * h:443 http://u:p@h:80/x//y HTTP://H./ /%2e%2e/\xff /a#b?c //h/x /\xc3\xa9 ?q http:// h /a\tb"
).split(b" ")
VERSIONS: Final = (*(b"HTTP/1.1",) * 3, b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"http/1.1", b"HTTP/1.10")
STATUSES: Final = (
    b"200 OK", b"200 OK", b"204 No", b"304 Not", b"100 Continue", b"101 Switching Protocols", b"103 Early", b"404",
    b"200", b"99 x", b"1000 x", b"600 x", b"-20 x", b"2 0", b"407 a\tb", b"\xff",
)  # fmt: skip
NAMES: Final = (
    b"Host", b"host", b"HOST", b"User-Agent", b"Referer", b"Content-Type", b"Content-Length", b"Transfer-Encoding",
    b"Connection", b"Upgrade", b"Content-Length", b"Transfer-Encoding", b"Expect", b"Trailer", b"X", b"", b"Ho st",
    b"Content-Length\t", b"\xe9", b"HTTP2-Settings", b"Sec-WebSocket-Key", b"X-Forwarded-For", b"x-forwarded-for",
    b"Forwarded", b"X-Real-IP", b"CF-Connecting-IP",
)  # fmt: skip
VALUES: Final = (
    b"", b"h", b"H.:80", b"h:", b"[::1]:80", b"a, b", b"0", b"5", b"5, 5", b"5, 6", b"+5", b"-1", b"5 5", b"0x5",
    b"18446744073709551616", b"9223372036854775807", b"00000000000000000005", b"chunked", b"gzip, chunked", b"Chunked",
    b"chunked, gzip", b"chunked, chunked", b"identity", b"x;q=1, chunked ", b"close", b"keep-alive", b"upgrade",
    b"Upgrade, close", b"websocket", b"h2c", b"TLS/1.0", b"100-continue", b"text/HTML; charset=x", b" \t a \t ",
    b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xff\xfe", b"a\x00b", b"a\rb", b"\x1b[31m", b"a" * 70, b"\xc2\xa0", b"\x85",
    b"192.0.2.9", b"192.0.2.9, 10.0.0.3,\t", b"[2001:db8::9%1]:80, ::ffff:10.0.0.3", b"192.0.2.9, unknown, 10.0.0.3:1",
    b'for="[2001:db8::9]:_x";by=10.0.0.1, FOR=10.0.0.3', b'for="192.0.2.1, for=10.0.0.9;host="a\\",;"', b"for=1;for=2",
)  # fmt: skip
ENDS_OF_LINES: Final = (*(b"\r\n",) * 24, b"\n", b"\r\n ", b"\r\n\t", b"\n ", b"\r", b"\r\r\n", b"\n\r\n")
COLONS: Final = (*(b": ",) * 12, b":", b" : ", b":\t", b"")
SIZES: Final = (
    b"5", b"5", b"0", b"0", b"a", b"A;x=y", b"5 ", b" 5", b"05", b"0x5", b"-1", b"", b"g", b"ffffffffffffffff", b"00",
    b"10000000000000000", b"7fffffffffffffff", b"5\t;x", b"5;\xff", b"000000000000000000005",
)  # fmt: skip
OPENINGS: Final = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), b"\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\x80\x2e\x01\x03\x01",
    b"SSH-2.0-x\r\n", b"GET", b"G", b"\x00", b"ICY 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\x81\x05hello",
    b"OPTIONS icap://h/x ICAP/1.0\r\n\r\n", b"ICAP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 400 Bad\r\n\r\n", b"\x05\x00",
    hello(b"Shop.example"), hello(b"a" * 80), hello(b"")[:-3], hello(b"x\xff"), b"EHLO x\r\n", b"GET /\r\n", b" GET / ",
)  # fmt: skip
PROXY_2: Final = b"\r\n\r\n\0\r\nQUIT\n"
PREAMBLES: Final = (
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 80\r\n", b"PROXY TCP6 ::ffff:10.0.0.9 ::1 1 80\r\n",
    b"PROXY UNKNOWN\r\n", b"PROXY TCP4\r\n", b"PROXY TCP5 a\r\n", b"PROXY ",
    PROXY_2 + b"\x20\0\0\0", PROXY_2 + b"\x21\x11\0\x0c" + bytes(12), PROXY_2 + b"!!\0\xff", PROXY_2, b"\x05\x01\x00",
    b"\x04\x01\0\x50\0\0\0\1me\0", hello(b"Shop.example"), b"PRI * ", b"\0", b"REQMOD icap://h ICAP/1.0\r\n",
)  # fmt: skip


def strange_talk(dice: random.Random) -> bytes:
    """Generate one connection, with a choice of limits."""
    parts = [dice.randbytes(2)]
    for _ in range(dice.randint(1, 5)):
        line = dice.choice((0, 0, 0, 1, 2, 3))
        for side, octets in _turns(dice):
            parts += _cut(dice, side, line, octets)
        parts += [_event(dice, line)] if dice.random() < 0.3 else []
    return b"".join(parts)


def _turns(dice: random.Random) -> list[tuple[int, bytes]]:
    """Generate the turns of both sides, usually a few requests and as many responses."""
    if dice.random() < 0.1:
        return [(dice.randint(0, 1), dice.choice(OPENINGS)) for _ in range(dice.randint(1, 3))]
    requests = [message(dice, False) for _ in range(dice.choice((1, 1, 2, 3)))]
    before = [(0, dice.choice(PREAMBLES))] if dice.random() < 0.1 else []
    if before and dice.random() < 0.5:
        requests[0], before = before[0][1] + requests[0], []
    responses = [message(dice, True) for _ in range(len(requests) + dice.choice((0, 0, 0, 0, 1, -1)))]
    if dice.random() < 0.5:
        return [*before, (0, b"".join(requests)), (SIDE, b"".join(responses))]
    mixed = [(0, one) for one in requests] + [(SIDE, one) for one in responses]
    if dice.random() < 0.2:
        dice.shuffle(mixed)
    return before + mixed


def message(dice: random.Random, response: bool) -> bytes:
    """Generate a request or a response, possibly malformed."""
    if response:
        first = [dice.choice(VERSIONS), dice.choice(STATUSES)]
    else:
        first = [dice.choice(METHODS), dice.choice(TARGETS), dice.choice(VERSIONS)]
    space = dice.choice((*(b" ",) * 20, b"  ", b"\t", b""))
    lines = [space.join(first), *(_field(dice) for _ in range(dice.choice((0, 1, 1, 2, 3, 9))))]
    head_end, body = _body(dice)
    head = b"".join(line + dice.choice(ENDS_OF_LINES) for line in lines)
    octets = head + head_end + b"\r\n" + body
    return _flawed(dice, octets) if dice.random() < 0.1 else octets


def _field(dice: random.Random) -> bytes:
    return dice.choice(NAMES) + dice.choice(COLONS) + dice.choice(VALUES)


def _body(dice: random.Random) -> tuple[bytes, bytes]:
    """Generate the field with the length of the body, and the body."""
    kind = dice.randrange(6)
    octets = dice.choice((b"", b"hello", b"x" * 300, b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"))
    if kind == 0:
        return b"", b""
    if kind < 4:
        return b"Content-Length: %d\r\n" % len(octets), octets
    parts = b"".join(_chunk(dice) for _ in range(dice.randint(0, 3)))
    trailer = dice.choice((b"", b"", b"", b"A: b\r\n", b"A\n", b" fold\r\n"))
    return b"Transfer-Encoding: chunked\r\n", parts + b"0\r\n" + trailer + b"\r\n"


def _chunk(dice: random.Random) -> bytes:
    if dice.random() < 0.6:
        return b"5\r\nhello\r\n"
    return dice.choice(SIZES) + dice.choice(ENDS_OF_LINES) + dice.choice((b"hello", b"", b"0123456789")) + b"\r\n"


def _flawed(dice: random.Random, octets: bytes) -> bytes:
    """Return the bytes with one added, removed or changed."""
    place = dice.randrange(len(octets))
    return (
        octets[:place]
        + dice.choice((b"", dice.randbytes(1), b"\0", b"\n", b" "))
        + octets[place + dice.randint(0, 1) :]
    )


def _cut(dice: random.Random, side: int, line: int, octets: bytes) -> list[bytes]:
    """Split into segments, some of which get a special fate."""
    size = dice.choice((1460, 1460, 1460, 60, 17, 5))
    pieces = [octets[start : start + size] for start in range(0, len(octets), size)]
    fates: Sequence[int] = (LOST, DOUBLED, EARLY, LATE, SAYS_NO_ACK)
    chance = dice.choice((0.0, 0.0, 0.05, 0.2))
    return [
        said(
            side | (dice.choice(fates) if dice.random() < chance else 0),
            piece,
            *_oddity(dice, chance),
            line=line,
            cut=dice.randint(1, 3) if dice.random() < chance / 2 else 0,
        )
        for piece in pieces[:60]
    ]


def _oddity(dice: random.Random, chance: float) -> tuple[int, int]:
    return (dice.randrange(BEGINS, 16), dice.randrange(16)) if dice.random() < chance / 2 else (PLAIN, 0)


def _event(dice: random.Random, line: int) -> bytes:
    """Generate an event between messages: an end, a new start, elapsed time, a truncated frame."""
    side, amount = dice.randint(0, 1), dice.randrange(16)
    return dice.choice(
        (
            said(side | ENDS, line=line) + said(1 - side | ENDS, line=line),
            said(side | ENDS, line=line),
            said(side | RESETS, line=line),
            said(side, odd=ADVANCES, amount=amount, line=line),
            said(side, odd=TAKEN, line=line),
            said(0, odd=BEGINS, line=line),
            said(side, bytes(dice.choice((1, 40, 700))), line=line, cut=dice.randint(1, 3)),
            said(side | LOST, bytes(dice.choice((1, 40, 1460))), line=line),
        )
    )
