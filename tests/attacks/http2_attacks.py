"""Attacks with HTTP/2 in clear text: its frames (RFC 9113) and its compressed header fields (RFC 7541)."""

from struct import pack
from typing import Final

from .attack import Attack, Packets
from .frames import CLIENT, SERVER, Line

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS = 1, 4
ACKNOWLEDGED: Final = 1
HEADER_TABLE_SIZE: Final = 1
LONGEST: Final = 16384
"""Maximum payload of a frame (RFC 9113 section 4.2)."""
GET: Final = b"\x82\x86\x84"
"""GET, http and / from the static table."""
OK: Final = b"\x88"


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Build a frame (RFC 9113 section 4.1)."""
    return pack(">IBBI", len(payload), kind, flags, stream)[1:] + payload


def integer(pattern: int, bits: int, number: int) -> bytes:
    """Encode an integer in the low `bits` of a byte and those after it (RFC 7541 section 5.1)."""
    most = (1 << bits) - 1
    if number < most:
        return bytes([pattern | number])
    encoded, number = [pattern | most], number - most
    while number >= 128:
        encoded.append(128 | number % 128)
        number //= 128
    return bytes([*encoded, number])


def string(text: bytes) -> bytes:
    return integer(0, 7, len(text)) + text


def literal(name: bytes, value: bytes, insert: bool = True) -> bytes:
    """Encode a field that enters the table, or does not."""
    return (b"\x40" if insert else b"\x00") + string(name) + string(value)


def index(number: int) -> bytes:
    """Encode a reference to an entry of the dynamic table; number 0 is the newest."""
    return integer(0x80, 7, 62 + number)


def size(number: int) -> bytes:
    """Encode a change of the table's size."""
    return integer(0x20, 5, number)


def stream(number: int) -> int:
    """Return the identifier of a client's stream."""
    return 2 * (number % 2**30) + 1


def opened(line: Line, *settings: tuple[int, int]) -> Packets:
    """Open an HTTP/2 connection; the server's SETTINGS are acknowledged."""
    values = b"".join(pack(">HI", name, value) for name, value in settings)
    yield from line.hello()
    yield from line.send(CLIENT, PREFACE + frame(SETTINGS, 0, 0))
    yield from line.send(SERVER, frame(SETTINGS, 0, 0, values) + frame(SETTINGS, ACKNOWLEDGED, 0))
    yield from line.send(CLIENT, frame(SETTINGS, ACKNOWLEDGED, 0))


def continuation_flood(n: int) -> Packets:
    """The buffer of a header block: HEADERS followed by `n` CONTINUATION frames, none of which is the last."""
    line = Line(0)
    yield from opened(line)
    yield from line.send(CLIENT, frame(HEADERS, END_STREAM, 1, GET))
    for number in range(n):
        field = literal(b"x%d" % number, b"y" * 60, insert=False)
        yield from line.send(CLIENT, frame(CONTINUATION, 0, 1, field))


def empty_continuations(n: int) -> Packets:
    """Frames that add nothing to a header block: `n` CONTINUATION frames of no bytes on each of several streams."""
    line = Line(0)
    yield from opened(line)
    for number in range(max(1, n // 10_000)):
        yield from line.send(CLIENT, frame(HEADERS, END_STREAM, stream(number), GET))
        yield from line.send(CLIENT, frame(CONTINUATION, 0, stream(number)) * 9999)
        yield from line.send(CLIENT, frame(CONTINUATION, END_HEADERS, stream(number)))


def hpack_bomb(n: int) -> Packets:
    """The header list: one field of 4,000 bytes in the table, and blocks that name it 16,000 times: `n` fields."""
    line = Line(0)
    yield from opened(line)
    bomb = literal(b"cookie", b"c" * 4000)
    for number in range(max(1, n // 16_000)):
        block = GET + (index(0) * 16_000 if number else bomb)
        yield from line.send(CLIENT, frame(HEADERS, END_STREAM | END_HEADERS, stream(number), block))
        yield from line.send(SERVER, frame(HEADERS, END_STREAM | END_HEADERS, stream(number), OK))


def table_games(n: int) -> Packets:
    """The table: it is emptied, set to 4 GiB, filled with small entries and with one larger than it: `n` blocks."""
    line = Line(0)
    yield from opened(line, (HEADER_TABLE_SIZE, 2**32 - 1))
    small = b"".join(literal(b"", b"%d" % number) for number in range(100))
    games = (
        size(0) + size(2**32 - 1) + GET + small,
        GET + literal(b"", b"x" * 12_000) + index(0) * 100,
        size(100) + GET + literal(b"x", b"y" * 80) + literal(b"x", b"y") + index(0),
        size(2**32 - 1) + GET + b"\x7e" + string(b"z" * 2000),
    )
    for number in range(n):
        block = games[number % len(games)]
        yield from line.send(CLIENT, frame(HEADERS, END_STREAM | END_HEADERS, stream(number), block), 60_000)
        yield from line.send(SERVER, frame(HEADERS, END_STREAM | END_HEADERS, stream(number), OK))


def tables_of_many(n: int) -> Packets:
    """The memory of all tables: `n` connections, each of which fills one of 64 KiB."""
    fill = GET + literal(b"x-filler", b"f" * 15_000)
    for number in range(n):
        line = Line(number)
        yield from opened(line, (HEADER_TABLE_SIZE, 2**16))
        for place, block in enumerate((size(2**16) + fill, fill, fill, fill)):
            request = frame(HEADERS, END_STREAM | END_HEADERS, stream(place), block)
            yield from line.send(CLIENT, request, 60_000)
            yield from line.send(SERVER, frame(HEADERS, END_STREAM | END_HEADERS, stream(place), OK))


def rapid_reset(n: int) -> Packets:
    """The streams: `n` requests, each cancelled at once."""
    line = Line(0)
    yield from opened(line)
    for number in range(n):
        cancelled = frame(RST_STREAM, 0, stream(number), pack(">I", 8))
        yield from line.send(CLIENT, frame(HEADERS, END_STREAM | END_HEADERS, stream(number), GET) + cancelled)


def many_streams(n: int) -> Packets:
    """The table of streams: `n` requests on one connection, none of which is answered."""
    line = Line(0)
    yield from opened(line)
    for number in range(n):
        path = b"\x04" + string(b"/%d/" % number + b"p" * 1000)
        yield from line.send(CLIENT, frame(HEADERS, END_HEADERS, stream(number), b"\x82\x86" + path))


def streams_of_many(n: int) -> Packets:
    """The same, spread over enough connections to stay below the limit of each."""
    lines = [Line(number) for number in range(max(1, n // 50))]
    for line in lines:
        yield from opened(line)
    for number in range(n):
        path = b"\x04" + string(b"/%d/" % number + b"p" * 1000)
        request = frame(HEADERS, END_HEADERS, stream(number // len(lines)), b"\x82\x86" + path)
        yield from lines[number % len(lines)].send(CLIENT, request)


def settings_flood(n: int) -> Packets:
    """Settings to be acknowledged: `n` of them, in full frames."""
    line = Line(0)
    yield from opened(line)
    full = frame(SETTINGS, 0, 0, pack(">HI", HEADER_TABLE_SIZE, 2**32 - 1) * (LONGEST // 6))
    for _ in range(max(1, n // (LONGEST // 6))):
        yield from line.send(CLIENT, full + frame(SETTINGS, 0, 0) * 100)


def small_frames(n: int) -> Packets:
    """Frames that carry nothing: PING, WINDOW_UPDATE, PRIORITY, empty DATA and unknown types, `n` in all."""
    line = Line(0)
    yield from opened(line)
    yield from line.send(CLIENT, frame(HEADERS, END_HEADERS, 1, b"\x83\x86\x84"))
    frames = (
        frame(PING, 0, 0, bytes(8))
        + frame(WINDOW_UPDATE, 0, 1, pack(">I", 1))
        + frame(PRIORITY, 0, 3, bytes(5))
        + frame(DATA, 0, 1)
        + frame(200, 255, 5)
    )
    for _ in range(n // 5):
        yield from line.send(CLIENT, frames)


def long_codes(n: int) -> Packets:
    """The Huffman code: values of the longest codes, and of the shortest ones, `n` bytes in all."""
    line = Line(0)
    yield from opened(line)
    # A line feed has the 30 bits 0x3ffffffc, the digit 0 five zero bits: four and eight of them are whole bytes.
    newlines = (0b111111111111111111111111111100 * (1 + 2**30 + 2**60 + 2**90)).to_bytes(15, "big")
    for number in range(max(1, n // 16_000)):
        code = newlines * 1000 if number % 2 else bytes(15_000)
        block = GET + b"\x0f\x0a" + integer(0x80, 7, len(code)) + code
        yield from line.send(CLIENT, frame(HEADERS, END_STREAM | END_HEADERS, stream(number), block), 60_000)
        yield from line.send(SERVER, frame(HEADERS, END_STREAM | END_HEADERS, stream(number), OK))


_TOO_MANY: Final = "too many CONTINUATION frames"
HTTP2_ATTACKS: Final = tuple(
    attack._replace(core_only=True)
    for attack in (
        Attack(continuation_flood, 1_000_000, "frames", (_TOO_MANY,)),
        Attack(empty_continuations, 10_000_000, "frames", (_TOO_MANY,)),
        Attack(hpack_bomb, 100_000_000, "fields", ("header list too long",)),
        Attack(table_games, 100_000, "header blocks", ("header list too long",)),
        Attack(tables_of_many, 10_000, "connections", (), ("total buffer full",)),
        Attack(rapid_reset, 1_000_000, "streams", ("rapid reset", "RST_STREAM CANCEL")),
        Attack(many_streams, 300_000, "streams", ("too many streams",)),
        Attack(streams_of_many, 300_000, "streams", ("unanswered",)),
        Attack(settings_flood, 20_000_000, "settings", ("SETTINGS flood",)),
        Attack(small_frames, 5_000_000, "frames", ("PING flood", "empty frame flood")),
        Attack(long_codes, 100_000_000, "bytes", ()),
    )
)
