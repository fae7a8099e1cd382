"""How a connection starts: directly with HTTP, behind a proxy's preamble, or with another protocol."""

from struct import pack

import pytest
from test_tls import hello_to
from wire import Decoded, Talk, decode, get, ok

pytestmark = pytest.mark.usefixtures("each_decoder")

PROXY_2 = b"\r\n\r\n\x00\r\nQUIT\n"


def proxy_2(addresses: bytes, command: int = 1) -> bytes:
    """Build a PROXY protocol header of version 2, for TCP over IPv4."""
    return PROXY_2 + pack(">BBH", 0x20 | command, 0x11, len(addresses)) + addresses


ADDRESSES = bytes([192, 0, 2, 1, 192, 0, 2, 2]) + pack(">HH", 40000, 80)
PREAMBLES = {
    "version 1": b"PROXY TCP4 192.0.2.1 192.0.2.2 40000 80\r\n",
    "version 1, IPv6": b"PROXY TCP6 2001:db8::1 2001:db8::2 40000 80\r\n",
    "version 1, unknown": b"PROXY UNKNOWN\r\n",
    "version 2": proxy_2(ADDRESSES),
    "version 2, with TLVs": proxy_2(ADDRESSES + pack(">BH", 0xE0, 600) + b"v" * 600),
    "version 2, local": proxy_2(b"", command=0),
}
each_preamble = pytest.mark.parametrize("preamble", PREAMBLES.values(), ids=PREAMBLES)


def readable(decoded: Decoded) -> bool:
    return not +decoded.health.unreadable and not decoded.health.oddities and not decoded.health.unpaired_responses


@each_preamble
@pytest.mark.parametrize("own_segment", [True, False], ids=["segment of its own", "same segment"])
def test_requests_behind_a_proxy_protocol_header(preamble: bytes, own_segment: bool) -> None:
    talk = Talk().client(preamble).client(get("/1")) if own_segment else Talk().client(preamble + get("/1"))
    talk.server(ok(status=201)).client(get("/2")).server(ok(status=202)).close()
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/1", 201), ("/2", 202)]
    assert readable(decoded)
    assert decoded.exchanges[0].missing_bytes == 0


def test_a_request_behind_a_header_starts_where_the_header_ends() -> None:
    talk = Talk().client(PREAMBLES["version 1"]).wait(2).client(get()).server(ok())
    assert decode(talk.frames).exchanges[0].response_time == pytest.approx(0.001)


def test_a_header_of_version_2_may_be_longer_than_its_segment() -> None:
    header = PREAMBLES["version 2, with TLVs"]
    for lost in (False, True):
        talk = Talk().client(header[:100]).client(header[100:300], lost=lost).client(header[300:] + get())
        decoded = decode(talk.server(ok()).frames)
        assert (decoded.pairs, readable(decoded)) == ([("/", 200)], True)


def test_empty_lines_are_no_header() -> None:
    assert decode(Talk().client(b"\r\n\r\n" + get()).server(ok()).frames).pairs == [("/", 200)]


@each_preamble
def test_tls_behind_a_proxy_protocol_header(preamble: bytes) -> None:
    talk = Talk().client(preamble + hello_to(b"a.example")).server(b"\x16\x03\x03\x00\x02ab")
    health = decode(talk.frames).health
    assert (+health.unreadable, health.server_names) == ({"TLS": 1}, {"a.example": 1})


SOCKS = {
    "SOCKS 4": [(b"\x04\x01\x00\x50\xc0\x00\x02\x02me\0", b"\x00\x5a\x00\x50\xc0\x00\x02\x02")],
    "SOCKS 4a": [(b"\x04\x01\x00\x50\x00\x00\x00\x01me\0a.example\0", b"\x00\x5a\x00\x00\x00\x00\x00\x00")],
    "SOCKS 5": [
        (b"\x05\x01\x00", b"\x05\x00"),
        (b"\x05\x01\x00\x01\xc0\x00\x02\x02\x00\x50", b"\x05\x00\x00\x01\xc0\x00\x02\x02\x00\x50"),
    ],
    "SOCKS 5, with a password": [
        (b"\x05\x02\x00\x02", b"\x05\x02"),
        (b"\x01\x02me\x04word", b"\x01\x00"),
        (b"\x05\x01\x00\x03\x09a.example\x00\x50", b"\x05\x00\x00\x01\xc0\x00\x02\x02\x00\x50"),
    ],
}
each_socks = pytest.mark.parametrize("handshake", SOCKS.values(), ids=SOCKS)


def through_socks(handshake: list[tuple[bytes, bytes]]) -> Talk:
    talk = Talk()
    for asked, answered in handshake:
        talk.client(asked).server(answered)
    return talk


@each_socks
def test_requests_through_a_socks_proxy(handshake: list[tuple[bytes, bytes]]) -> None:
    talk = through_socks(handshake).client(get("/1")).server(ok(status=201)).client(get("/2")).server(ok(status=202))
    decoded = decode(talk.close().frames)
    assert decoded.pairs == [("/1", 201), ("/2", 202)]
    assert readable(decoded)


@each_socks
def test_tls_through_a_socks_proxy(handshake: list[tuple[bytes, bytes]]) -> None:
    health = decode(through_socks(handshake).client(hello_to(b"a.example")).frames).health
    assert (+health.unreadable, health.server_names) == ({"TLS": 1}, {"a.example": 1})


@each_socks
def test_anything_else_through_a_socks_proxy_is_unreadable(handshake: list[tuple[bytes, bytes]]) -> None:
    talk = through_socks(handshake).client(b"SSH-2.0-client\r\n").server(b"SSH-2.0-server\r\n")
    assert +decode(talk.frames).health.unreadable == {"other": 1}


PLAIN_400 = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbad"


@pytest.mark.parametrize(
    "opening",
    [hello_to(b"a.example"), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00\x01garbage"],
    ids=["TLS", "HTTP/2", "other"],
)
def test_a_server_that_refuses_another_protocol_in_http_is_heard(opening: bytes) -> None:
    for size in (1460, 200):
        decoded = decode(Talk().client(opening, size).server(PLAIN_400).close().frames)
        assert decoded.pairs == [(None, 400)]
        assert decoded.exchanges[0].response_bytes == 3
        assert (+decoded.health.unreadable, decoded.health.server_names, decoded.held) == ({}, {}, 0)


@pytest.mark.parametrize("size", [6, 12, 24])
def test_a_preface_that_the_capture_cut_is_still_http_2(size: int) -> None:
    talk = Talk().client(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").server(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    decoded = decode([frame._replace(data=frame.data[: 54 + size]) for frame in talk.frames])
    assert (decoded.records, +decoded.health.unreadable) == ([], {"HTTP/2": 1})


def test_a_server_that_accepts_tls_is_not_searched_for_http() -> None:
    talk = Talk().client(hello_to(b"a.example")).server(b"\x16\x03\x03\x00\x02ab").server(PLAIN_400)
    decoded = decode(talk.close().frames)
    assert decoded.exchanges == []
    assert (+decoded.health.unreadable, decoded.health.server_names) == ({"TLS": 1}, {"a.example": 1})


def test_a_lost_start_of_an_answer_refuses_nothing() -> None:
    talk = Talk().client(hello_to(b"a.example")).server(b"\x16\x03\x03\x00\x02ab", lost=True).server(PLAIN_400).close()
    decoded = decode(talk.frames)
    assert (decoded.exchanges, +decoded.health.unreadable) == ([], {"TLS": 1})


def test_one_refusal_takes_back_one_server_name() -> None:
    good = Talk(client_port=40001).client(hello_to(b"a.example")).server(b"\x16\x03\x03\x00\x02ab")
    bad = Talk(time=2000.0).client(hello_to(b"a.example")).server(PLAIN_400)
    health = decode([*good.frames, *bad.frames]).health
    assert (+health.unreadable, health.server_names) == ({"TLS": 1}, {"a.example": 1})


def icap() -> Talk:
    """Return ICAP (RFC 3507), whose messages contain HTTP messages."""
    talk = Talk(server_port=1344)
    for _ in range(2):
        talk.client(b"REQMOD icap://icap.example/scan ICAP/1.0\r\nEncapsulated: req-hdr=0\r\n\r\n")
        talk.client(get("/inner")).server(b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0\r\n\r\n").server(ok())
    return talk


def test_http_messages_inside_another_protocol_are_none_of_the_connection() -> None:
    decoded = decode(icap().close().frames, ports=[1344])
    assert decoded.records == []
    assert (+decoded.health.unreadable, decoded.health.oddities) == ({"other": 1}, {})


@pytest.mark.parametrize("lost", [4, 6, 7], ids=["an inner request", "an inner response", "a request"])
def test_http_inside_the_other_protocol_stays_unread_after_a_loss(lost: int) -> None:
    talk = icap()
    del talk.segments[lost]
    assert decode(talk.close().frames, ports=[1344]).records == []


def test_a_server_that_speaks_first_does_not_hide_requests() -> None:
    talk = Talk().server(b"220 ready\r\n").client(get()).server(ok())
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/", 200)]
    assert +decoded.health.unreadable == {}
