"""What recipients read in different ways is an oddity of its exchange, in one segment as in many."""

import pytest
from wire import Talk, decode, get, ok

pytestmark = pytest.mark.usefixtures("each_decoder")

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def answer(*lines: bytes, first: bytes = b"HTTP/1.1 200 OK", end: bytes = b"\r\n") -> bytes:
    return end.join((first, *lines, b"Content-Length: 2", b"", b"")) + b"hi"


def codings(*lines: bytes, version: bytes = b"1.1") -> bytes:
    return b"HTTP/" + version + b" 200 OK\r\n" + b"\r\n".join(lines) + b"\r\n\r\n2\r\nhi\r\n0\r\n\r\n"


RESPONSES = {
    "bare CR": (answer(b"A: b\rC: d"), ["bare CR in a head"]),
    "bare CR in an empty line": (answer(b"\r"), ["bare CR in a head", "bad field name"]),
    "bare LF": (answer(end=b"\n"), ["bare LF in a head"]),
    "mixed": (answer(b"A: b\nC: d"), ["mixed line ends in a head"]),
    "NUL in a value": (answer(b"A: b\0c"), ["control character in a head"]),
    "DEL": (answer(b"\x7f"), ["control character in a head", "bad field name"]),
    "VT after a name": (answer(b"A\v: b"), ["control character in a head", "bad field name"]),
    "space before the colon": (answer(b"Content-Encoding : gzip"), ["white space before a colon"]),
    "tab before the colon": (answer(b"Host\t: gzip"), ["white space before a colon"]),
    "a name of two words": (answer(b"A B: c"), ["bad field name"]),
    "no colon": (answer(b"junk"), ["bad field name"]),
    "a known name without a colon": (answer(b"Content-Type"), ["bad field name"]),
    "no name": (answer(b": a"), ["bad field name"]),
    "8 bits in a name": (answer(b"L\xf6cher: a"), ["bad field name"]),
    "line of white space": (answer(b"A: b", b" \t"), ["line of white space in a head"]),
    "folded": (answer(b"A: b", b" c"), ["folded field line"]),
    "folded after the status": (answer(b" A: b"), ["folded field line"]),
    "folded coding": (
        answer(b"Content-Encoding:", b"\tgzip"),
        ["folded field line", "field of bodies in a folded line"],
    ),
    "hidden in a fold": (
        answer(b"A: b", b" transfer-ENCODING: chunked"),
        ["folded field line", "field of bodies in a folded line"],
    ),
    "version": (answer(first=b"HTTP/1.01 200 OK"), ["unusual HTTP version"]),
    "version in lower case": (answer(first=b"http/1.1 200 OK"), ["unusual HTTP version"]),
    "two spaces": (answer(first=b"HTTP/1.1  200 OK"), ["malformed status line"]),
    "tab after the status": (answer(first=b"HTTP/1.1 200\tOK"), ["malformed status line"]),
    "status 700": (answer(first=b"HTTP/1.1 700 OK"), ["status code out of range"]),
    "the same length twice": (answer(b"Content-Length: 2"), ["repeated Content-Length"]),
    "another transfer coding": (
        codings(b"Transfer-Encoding: lalala", b"Transfer-Encoding: chunked"),
        ["repeated Transfer-Encoding", "unknown transfer coding"],
    ),
    "an empty transfer coding": (codings(b"Transfer-Encoding: ,chunked"), ["unknown transfer coding"]),
    "chUnked": (codings(b"Transfer-Encoding: chUnked"), ["unusual spelling of chunked"]),
    "HTTP/1.0": (codings(b"Transfer-Encoding: chunked", version=b"1.0"), ["chunked in HTTP/1.0"]),
    "zeros": (CHUNKED + b"02\r\nhi\r\n00\r\n\r\n", ["leading zeros in a chunk size"]),
    "spaces": (CHUNKED + b"2  \r\nhi\r\n0\r\n\r\n", ["spaces after a chunk size"]),
    "tab": (CHUNKED + b"2\t\r\nhi\r\n0\r\n\r\n", ["bad white space around a chunk size"]),
    "CR": (CHUNKED + b"2\r\r\nhi\r\n0\r\n\r\n", ["bad white space around a chunk size"]),
    "space before": (CHUNKED + b" 2\r\nhi\r\n0\r\n\r\n", ["bad white space around a chunk size"]),
    "extension": (CHUNKED + b'2;a=b; c ;d = "e;"\r\nhi\r\n0\r\n\r\n', ["chunk extension in a response"]),
    "no extension": (CHUNKED + b"2; a  b\r\nhi\r\n0\r\n\r\n", ["malformed chunk extension"]),
    "LF after a size": (CHUNKED + b"2\nhi\r\n0\r\n\r\n", ["bare LF in chunked framing"]),
    "LF after a chunk": (CHUNKED + b"2\r\nhi\n0\r\n\r\n", ["bare LF in chunked framing"]),
    "LF at the end": (CHUNKED + b"2\r\nhi\r\n0\r\n\n", ["bare LF in chunked framing"]),
    "trailer": (CHUNKED + b"2\r\nhi\r\n0\r\nfoobar\r\n\r\n", ["bad trailer field"]),
}

PLAIN = {
    "tabs and 8 bits in values": answer(b"A:\tb\tc\xe4", b"D:"),
    "no reason": answer(first=b"HTTP/1.1 200"),
    "ICY": answer(first=b"ICY 200 OK"),
    "999": answer(first=b"HTTP/1.1 999 Request Denied"),
    "chunks and trailers": CHUNKED + b"2\r\nhi\r\n0\r\nChecked: yes\r\n\r\n",
    "spelling": codings(b"transfer-encoding: Chunked"),
    "two codings": codings(b"Transfer-Encoding: gzip, chunked"),
}

REQUESTS = {
    "space in the target": (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", ["malformed request line"]),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", ["malformed request line"]),
    "space at the end": (b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", ["malformed request line"]),
    "version": (b"GET / HTTP/1.9\r\nHost: a\r\n\r\n", ["unusual HTTP version"]),
    "smuggled field": (b"GET / HTTP/1.1\r\nHost: a\r\nA: b\rTransfer-Encoding: chunked\r\n\r\n", ["bare CR in a head"]),
    "space before the colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", ["white space before a colon"]),
    "another host": (b"GET http://me@B.example:80/ HTTP/1.1\r\nHost: a\r\n\r\n", ["Host differs from the target"]),
    "signed chunks": (
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;chunk-signature=ab\r\nhi\r\n0\r\n\r\n",
        [],
    ),
    "the same host": (b"GET http://A.example/ HTTP/1.1\r\nHost: a.example:80\r\n\r\n", []),
    "HTTP/1.0 in chunks": (
        b"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ["chunked in HTTP/1.0"],
    ),
}


def oddities(request: bytes, response: bytes, size: int) -> tuple[list[str], list[str]]:
    """Return the oddities of the response and of the request of the first exchange."""
    talk = Talk(segment_size=size).client(request).server(response).close()
    first = decode(talk.frames).exchanges[0]
    return list(first.oddities[: first.response_oddities]), list(first.oddities[first.response_oddities :])


@pytest.mark.parametrize("size", [1460, 1, 7])
@pytest.mark.parametrize(("response", "expected"), RESPONSES.values(), ids=RESPONSES)
def test_irregular_responses(response: bytes, expected: list[str], size: int) -> None:
    assert oddities(get(), response, size) == (expected, [])


@pytest.mark.parametrize("size", [1460, 1, 7])
@pytest.mark.parametrize("response", PLAIN.values(), ids=PLAIN)
def test_plain_responses(response: bytes, size: int) -> None:
    assert oddities(get(), response, size) == ([], [])


@pytest.mark.parametrize("size", [1460, 1, 7])
@pytest.mark.parametrize(("request_bytes", "expected"), REQUESTS.values(), ids=REQUESTS)
def test_irregular_requests(request_bytes: bytes, expected: list[str], size: int) -> None:
    assert oddities(request_bytes, ok(), size) == ([], expected)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (ok(b"hello") + b"XXXXX", "bytes after a response"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\nhello", "bytes after a response"),
        (CHUNKED + b"0\r\n\r\nhello", "bytes after a response"),
        (b"\r" + ok(), "bare CR before a response"),
        (b"\r\n" + ok(), "empty line before a response"),
        (b"HTTP/1.1 101 Switching\r\n\r\n", "101 without Upgrade"),
        (CHUNKED + b"2\r\nhi\r\n0", "last chunk cut short"),
        (CHUNKED + b"2\r\nhi\r\n0\r\n", "last chunk cut short"),
        (b"HTTP/1.1 20 OK\r\n\r\n", "malformed status line"),
        (b"HTTP/1.1\0 200 OK\r\n\r\n", "control character in a head"),
        (b"no HTTP at all", "not an HTTP message"),
    ],
)
def test_what_surrounds_a_response_or_takes_its_place_is_an_oddity_of_its_exchange(
    response: bytes, expected: str
) -> None:
    assert expected in oddities(get(), response, 1460)[0]


def test_an_oddity_of_every_chunk_is_counted_once() -> None:
    decoded = decode(Talk().client(get()).server(CHUNKED + b"01\r\nx\r\n" * 50 + b"0\r\n\r\n").frames)
    assert decoded.health.oddities == {"leading zeros in a chunk size": 1}


def test_oddities_of_both_sides_are_told_apart() -> None:
    assert oddities(b"GET / HTTP/1.1\nHost: a\n\n", answer(b"A: b\rC"), 1460) == (
        ["bare CR in a head"],
        ["bare LF in a head"],
    )
