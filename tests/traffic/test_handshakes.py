"""The state kept for connections that have only sent SYNs."""

from traffic.handshakes import Handshake, Handshakes
from traffic.health import Health


def test_a_handshake_is_taken_once() -> None:
    handshakes = Handshakes(10, 60, Health())
    handshakes.note(b"a", Handshake(1.0, 100, -1))
    assert handshakes.take(b"a") == Handshake(1.0, 100, -1)
    assert handshakes.take(b"a") is None


def test_the_last_of_repeated_syns_counts() -> None:
    handshakes = Handshakes(10, 60, Health())
    handshakes.note(b"a", Handshake(1.0, 100, -1))
    handshakes.note(b"a", Handshake(2.0, 200, -1))
    assert handshakes.take(b"a") == Handshake(2.0, 200, -1)


def test_a_flood_evicts_the_oldest_and_is_counted() -> None:
    health = Health()
    handshakes = Handshakes(10, 60, health)
    for number in range(25):
        handshakes.note(bytes([number]), Handshake(1.0, number, -1))
    assert health.evicted == 15
    assert handshakes.take(bytes([14])) is None
    assert handshakes.take(bytes([15])) is not None


def test_handshakes_without_data_time_out() -> None:
    handshakes = Handshakes(10, 60, Health())
    handshakes.note(b"old", Handshake(1.0, 1, -1))
    handshakes.note(b"new", Handshake(50.0, 2, -1))
    handshakes.expire(61.0)
    assert handshakes.take(b"old") is None
    assert handshakes.take(b"new") is not None
