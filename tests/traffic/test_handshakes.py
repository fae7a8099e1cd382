"""The state kept for connections that have sent no data."""

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


def test_a_fin_is_kept_with_its_syn_even_if_that_is_repeated() -> None:
    handshakes = Handshakes(10, 60, Health())
    handshakes.note(b"a", Handshake(1.0, 100, -1))
    handshakes.end(b"a", 101)
    handshakes.note(b"a", Handshake(2.0, 100, -1))
    assert handshakes.take(b"a") == Handshake(2.0, 100, -1, 101)


def test_a_syn_with_another_number_has_no_fin_yet() -> None:
    handshakes = Handshakes(10, 60, Health())
    handshakes.note(b"a", Handshake(1.0, 100, -1))
    handshakes.end(b"a", 101)
    handshakes.note(b"a", Handshake(2.0, 200, -1))
    assert handshakes.take(b"a") == Handshake(2.0, 200, -1)


def test_fins_without_a_syn_take_no_room() -> None:
    health = Health()
    handshakes = Handshakes(10, 60, health)
    for number in range(25):
        handshakes.end(bytes([number]), number)
    assert health.evicted == 0
    assert all(handshakes.take(bytes([number])) is None for number in range(25))


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
