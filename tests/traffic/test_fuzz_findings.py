"""What fuzzing and attacks found, each as small as it gets."""

import gc
from json import loads

from wire import CLIENT, Segment, Talk, ethernet, get, ip, ok, tcp

from dashboard.exchange_line import Discretion, exchange_line
from traffic.decoder import Decoder
from traffic.records import Exchange, Request


def test_a_segment_that_its_own_sender_gets_is_no_connection() -> None:
    """Both directions had the same key, so that forgetting the connection failed (a LAND attack)."""
    decoder = Decoder([80])
    segment = tcp(80, 80, Segment(1.0, CLIENT, 1, 0, 2))
    decoder.feed([ethernet(1.0, ip("10.0.0.1", "10.0.0.1", segment))])
    assert decoder.advance(5000.0) == []
    assert decoder.finish() == []
    assert decoder.health.oddities == {"segment to its own sender": 1}


def test_fragments_that_wait_at_the_end_are_counted_and_given_back() -> None:
    packet = bytearray(ip("10.0.0.1", "10.0.0.2", bytes(16)))
    packet[6:8] = b"\x20\x00"  # more fragments follow
    decoder = Decoder([80])
    decoder.feed([ethernet(1.0, bytes(packet))])
    assert decoder._budget.used > 0
    assert decoder.finish() == []
    assert decoder._budget.used == 0
    assert decoder.health.oddities == {"IP datagram incomplete": 1}


def test_a_port_of_thousands_of_digits_is_none() -> None:
    """`int` raised for so many digits, and gave numbers of any size for fewer."""
    for digits, port in (("0" * 5000, 0), ("0" * 5000 + "80", 80), ("0" * 12 + "9" * 9, None), ("65536", None)):
        request = Request(1.0, "10.0.0.1", 1, "10.0.0.2", 80, "GET", f"h:{digits}", "/", "1.1", "", "")
        exchange = Exchange(1.0, *request[1:5], request, 200, 0, 0, None, None, "", 0, "complete")
        assert loads(exchange_line(exchange, Discretion(True, True))).get("url.port") == port


def test_a_connection_that_ended_goes_from_memory_at_once() -> None:
    """Its parts held each other until the collector came, which took most of the time in a flood of connections."""
    decoder = Decoder([80])
    talk = Talk().client(get("/")).server(ok()).close()
    gc.collect()
    gc.disable()
    try:
        decoder.feed(talk.frames)
        decoder.advance(5000.0)
        assert gc.collect() == 0
    finally:
        gc.enable()
