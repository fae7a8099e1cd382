"""What fuzzing and attacks found, each as small as it gets."""

from wire import CLIENT, Segment, ethernet, ip, tcp

from traffic.decoder import Decoder


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
