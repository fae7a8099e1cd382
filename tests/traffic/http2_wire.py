"""A client and a server that talk HTTP/2: frames as in RFC 9113, and header blocks by an encoder for each side.

talk = Http2Talk().request(1, "/cart").response(1, body=b"hello")
decode2(talk).exchanges
"""

from collections.abc import Iterable
from struct import pack
from typing import Final

from decoders import core_decoder, fed, finished
from hpack import Encoder
from wire import CLIENT, SERVER, Decoded, Talk

from traffic.frame import Frame
from traffic.limits import Limits

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, PRIORITIZED = 0x1, 0x4, 0x8, 0x20
ACKNOWLEDGED: Final = 0x1
CANCEL: Final = 8

Fields = Iterable[tuple[str, str]]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Build a frame (RFC 9113 section 4.1)."""
    return pack(">IBBI", len(payload), kind, flags, stream)[1:] + payload


def settings(*pairs: tuple[int, int]) -> bytes:
    """Build SETTINGS with pairs of an identifier and a value."""
    return frame(SETTINGS, 0, 0, b"".join(pack(">HI", *pair) for pair in pairs))


ACKNOWLEDGEMENT: Final = frame(SETTINGS, ACKNOWLEDGED, 0)


def data(stream: int, content: bytes, *, end: bool = False) -> bytes:
    return frame(DATA, END_STREAM if end else 0, stream, content)


def reset(stream: int, code: int = CANCEL) -> bytes:
    return frame(RST_STREAM, 0, stream, pack(">I", code))


def goaway(last: int, code: int = 0) -> bytes:
    return frame(GOAWAY, 0, 0, pack(">II", last, code))


def message(content: bytes, *, compressed: bool = False) -> bytes:
    """Build a message of gRPC."""
    return pack(">BI", compressed, len(content)) + content


class Http2Talk:
    """A connection; each call sends one segment or more."""

    def __init__(self, talk: Talk | None = None, *, started: bool = False) -> None:
        self.talk = talk or Talk()
        self.encoders = (Encoder(), Encoder())
        if not started:
            self.send(CLIENT, PREFACE + settings((3, 100))).send(SERVER, settings((3, 100)))
            self.send(CLIENT, ACKNOWLEDGEMENT).send(SERVER, ACKNOWLEDGEMENT)

    def send(self, side: int, *frames: bytes, size: int = 0, lost: bool = False) -> "Http2Talk":
        """Send frames in segments of `size` bytes."""
        self.talk.say(side, b"".join(frames), size, lost=lost)
        return self

    def block(self, side: int, fields: Fields) -> bytes:
        """Encode a header block with the table of a side."""
        return self.encoders[side].encode([*fields])

    def headers(self, side: int, stream: int, fields: Fields, *, end: bool = False) -> bytes:
        return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, self.block(side, fields))

    def request(
        self,
        stream: int,
        path: str = "/",
        *,
        method: str = "GET",
        host: str = "example.com",
        fields: Fields = (),
        body: bytes | None = None,
        lost: bool = False,
    ) -> "Http2Talk":
        """Send a request, whole unless it is to go on."""
        head = [(":method", method), (":scheme", "http"), (":path", path), (":authority", host), *fields]
        frames = [self.headers(CLIENT, stream, head, end=body is None)]
        if body:
            frames.append(data(stream, body, end=True))
        return self.send(CLIENT, *frames, lost=lost)

    def response(
        self,
        stream: int,
        status: int = 200,
        *,
        fields: Fields = (),
        body: bytes = b"",
        trailers: Fields | None = None,
        lost: bool = False,
    ) -> "Http2Talk":
        """Send a response as a whole."""
        frames = [self.headers(SERVER, stream, [(":status", str(status)), *fields], end=not body and trailers is None)]
        if body:
            frames.append(data(stream, body, end=trailers is None))
        if trailers is not None:
            frames.append(self.headers(SERVER, stream, trailers, end=True))
        return self.send(SERVER, *frames, lost=lost)

    def close(self) -> "Http2Talk":
        self.talk.close()
        return self

    @property
    def frames(self) -> list[Frame]:
        return self.talk.frames


def decode2(talk: Http2Talk | Talk | list[Frame], limits: Limits | None = None) -> Decoded:
    """Decode a talk with HTTP/2."""
    made = core_decoder("http2", limits=limits)
    records = fed(made, talk if isinstance(talk, list) else talk.frames) + finished(made)
    return Decoded(records, made.health, made.held)


def assert_nothing_wrong(decoded: Decoded, truth: Decoded) -> None:
    """Check that all that is told of a request or response is right."""
    right = {request.time: request for request in truth.requests}
    answers = {e.request and e.request.time: e for e in truth.exchanges}
    for exchange in decoded.exchanges:
        request = exchange.request
        if request is None:
            assert exchange.status in {e.status for e in truth.exchanges}
            continue
        told, real = right[request.time], answers[request.time]
        for text in ("method", "host", "target", "user_agent"):
            assert getattr(request, text) in (getattr(told, text), "(unknown)"), (text, request, told)
        assert exchange.status in (real.status, None)
        assert exchange.response_bytes <= real.response_bytes
        assert exchange.response_time in (real.response_time, None) or exchange.missing_bytes or exchange.oddities
    assert decoded.held == 0
