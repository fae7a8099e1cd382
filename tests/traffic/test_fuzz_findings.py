"""Findings of fuzzing and attacks, each as small as possible."""

from json import loads

import pytest
from decoders import advanced, decoder, fed, finished
from records import exchange, request
from wire import CLIENT, Segment, Talk, decode, ethernet, get, ip, tcp

from traffic.limits import Limits
from view.exchange_line import Discretion, exchange_line

pytestmark = pytest.mark.usefixtures("each_decoder")


def test_a_segment_sent_to_its_own_sender_opens_no_connection() -> None:
    """Both directions had the same key, so forgetting the connection failed (a LAND attack)."""
    one = decoder()
    segment = tcp(80, 80, Segment(1.0, CLIENT, 1, 0, 2))
    assert fed(one, [ethernet(1.0, ip("10.0.0.1", "10.0.0.1", segment))]) == []
    assert advanced(one, 5000.0) == []
    assert finished(one) == []
    assert one.health.oddities == {"segment with identical endpoints": 1}


def test_fragments_buffered_at_the_end_are_counted_and_released() -> None:
    packet = bytearray(ip("10.0.0.1", "10.0.0.2", bytes(16)))
    packet[6:8] = b"\x20\x00"  # more fragments follow
    one = decoder()
    assert fed(one, [ethernet(1.0, bytes(packet))]) == []
    assert one.held > 0
    assert finished(one) == []
    assert one.held == 0
    assert one.health.oddities == {"incomplete IP datagram": 1}


def test_a_port_with_thousands_of_digits_is_parsed_safely() -> None:
    """`int` raises an exception for so many digits, and returns huge numbers for fewer."""
    for digits, port in (("0" * 5000, 0), ("0" * 5000 + "80", 80), ("0" * 12 + "9" * 9, None), ("65536", None)):
        line = exchange_line(exchange(request(host=f"h:{digits}")), Discretion(True, True))
        assert loads(line).get("url.port") == port


@pytest.mark.parametrize("field", [b"Content-Length", b"Content-Length: 5\r\n", b"Content-Type"])
def test_a_response_head_cut_after_a_field_is_read_up_to_there(field: bytes) -> None:
    """If a limit cut the head there, the byte after it was read."""
    head = b"HTTP/1.1 200 OK\r\nServer: x\r\n" + field
    talk = Talk().client(get()).server(head + b"More: " + b"x" * 100)
    decoded = decode(talk.frames, Limits(header_bytes=len(head)))
    assert decoded.pairs == [("/", 200)]
    assert decoded.health.oddities["head too long"] == 1
