"""Requests that other parsers may understand differently, by the oddity that names them (docs/oddities.md)."""

from typing import Final

HOST: Final = b"Host: shop.example\r\n"
EVIL: Final = b"GET /evil HTTP/1.1\r\nHost: shop.example\r\n\r\n"
_LONG: Final = 70_000


def post(*fields: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    """Build a request with these fields, and bytes after its head."""
    head = b"POST /first HTTP/" + version + b"\r\n" + HOST + b"".join(field + b"\r\n" for field in fields)
    return head + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked", body=body)


def head(*lines: bytes, first: bytes = b"GET /first HTTP/1.1", end: bytes = b"\r\n") -> bytes:
    return end.join((first, HOST[:-2], *lines, b"", b""))


EMPTY: Final = b"0\r\n\r\n"
AMBIGUOUS: Final = {
    "conflicting Content-Length": [post(b"Content-Length: 0", b"Content-Length: %d" % len(EVIL), body=EVIL)],
    "Content-Length with Transfer-Encoding": [
        post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=EMPTY),
        post(b"Transfer-Encoding: chunked", b"Content-Length: %d" % (5 + len(EVIL)), body=EMPTY + EVIL),
    ],
    "bad Content-Length": [
        post(b"Content-Length: " + value, body=b"hello")
        for value in (b"+5", b"-5", b"5a", b"0x5", b"5 5", b"5;", b"\xb5", b"", b"99999999999999999999999")
    ],
    "Transfer-Encoding without chunked": [post(b"Transfer-Encoding: gzip", body=b"hello")],
    "identity transfer coding": [post(b"Transfer-Encoding: identity", b"Content-Length: 5", body=b"hello")],
    "chunked is not the last transfer coding": [
        post(b"Transfer-Encoding: chunked, gzip", body=EMPTY), post(b"Transfer-Encoding: xchunked", body=EMPTY),
    ],
    "repeated Content-Length": [
        post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"), post(b"Content-Length: 5, 5", body=b"hello"),
    ],
    "repeated Transfer-Encoding": [
        post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=EMPTY),
        post(b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked", body=EMPTY),
    ],
    "unknown transfer coding": [
        post(b"Transfer-Encoding: lalala, chunked", body=EMPTY), post(b"Transfer-Encoding: ,chunked", body=EMPTY),
    ],
    "unusual spelling of chunked": [post(b"Transfer-Encoding: chUnked", body=EMPTY)],
    "chunked in HTTP/1.0": [post(b"Transfer-Encoding: chunked", body=EMPTY, version=b"1.0")],
    "leading zeros in a chunk size": [chunked(b"05\r\nhello\r\n" + EMPTY), chunked(b"5\r\nhello\r\n000\r\n\r\n")],
    "spaces after a chunk size": [chunked(b"5  \r\nhello\r\n" + EMPTY)],
    "bad white space around a chunk size": [
        chunked(size + b"\r\nhello\r\n" + EMPTY) for size in (b" 5", b"5\t", b"5\r", b"5\v", b"\t5")
    ],
    "malformed chunk extension": [
        chunked(b"5; a  b\r\nhello\r\n" + EMPTY), chunked(b'5;a="\r\nhello\r\n' + EMPTY), chunked(b"5;\nhello" + EMPTY),
    ],
    "bare LF in chunked framing": [
        chunked(b"5\nhello\r\n" + EMPTY), chunked(b"5\r\nhello\n" + EMPTY), chunked(b"5\r\nhello\r\n0\r\n\n"),
        chunked(b"0\n\n" + EVIL),
    ],
    "bad trailer field": [
        chunked(b"0\r\nfoobar\r\n\r\n"), chunked(b"0\r\nA : b\r\n\r\n"), chunked(b"0\r\n b: c\r\n\r\n"),
    ],
    "bad chunk size": [
        chunked(size + b"\r\nhello\r\n" + EMPTY)
        for size in (b"xyz", b"0x5", b"-5", b"+5", b"5_0", b"", b"100000000000000005", b"5 hello")
    ],
    "bad chunk end": [chunked(b"5\r\nhelloXX" + EMPTY), chunked(b"5\r\nhello" + EMPTY)],
    "chunk line or trailer too long": [
        chunked(b"5;" + b"a" * _LONG + b"\r\nhello\r\n" + EMPTY), chunked(b"0\r\nA: " + b"a" * _LONG + b"\r\n\r\n"),
    ],
    "bare CR in a head": [head(b"A: b\rTransfer-Encoding: chunked"), head(b"A: b\r")],
    "bare LF in a head": [head(end=b"\n")],
    "mixed line ends in a head": [head(b"A: b\nC: d"), b"GET /first HTTP/1.1\nHost: shop.example\r\n\r\n"],
    "control character in a head": [
        head(b"A: b\0c"), head(b"A: b\x01"), head(b"A: \x7f"), head(first=b"GET /\x01 HTTP/1.1"),
    ],
    "white space before a colon": [head(b"Transfer-Encoding : chunked"), head(b"A\t: b")],
    "bad field name": [head(b"A B: c"), head(b"junk"), head(b": a"), head(b"L\xf6cher: a"), head(b"A(): b")],
    "folded field line": [head(b"A: b", b" c"), head(b"A: b", b"\tc")],
    "field of bodies in a folded line": [
        head(b"Transfer-Encoding:", b" chunked"), head(b"A: b", b" Transfer-Encoding: chunked"),
        head(b"Content-Length:", b"\t5"),
    ],
    "line of white space in a head": [head(b"A: b", b" \t"), head(b"A: b", b" ", b"Transfer-Encoding: chunked")],
    "unusual HTTP version": [
        head(first=b"GET /first " + version)
        for version in (b"HTTP/1.9", b"http/1.1", b"HTTP/1.01", b"HTTP/2.0", b"HTTP/01.1", b"HTTP/1.1x")
    ],
    "malformed request line": [
        head(first=b"GET /fi rst HTTP/1.1"), head(first=b"GET  /first HTTP/1.1"), head(first=b"GET /first HTTP/1.1 "),
        head(first=b"GET\t/first HTTP/1.1"),
    ],
    "Host differs from the target": [head(first=b"GET http://other.example/first HTTP/1.1")],
    "multiple Host fields": [head(b"Host: other.example"), head(b"A: b", b"HOST: other.example")],
    "head too long": [head(b"A: " + b"a" * _LONG)],
    "too many header fields": [head(*[b"A: b"] * 300)],
    "not an HTTP message": [b"\x16\x03\x01" + bytes(100), b"SSH-2.0-OpenSSH\r\n\r\n", b"EHLO a\r\n\r\n" * 3],
}  # fmt: skip
