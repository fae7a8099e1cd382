"""The state kept for connections that have sent no data."""

import pytest

from traffic.handshakes import Handshake, Handshakes, Noted, chosen
from traffic.health import Health


def test_a_handshake_is_taken_once() -> None:
    handshakes = Handshakes(10, 60, Health())
    handshakes.note(b"a", Handshake(1.0, 100, -1))
    assert handshakes.take(b"a") == (Handshake(1.0, 100, -1),)
    assert handshakes.take(b"a") == ()


def test_of_many_syns_the_latest_and_the_first_are_kept() -> None:
    handshakes = Handshakes(10, 60, Health())
    new = [handshakes.note(b"a", Handshake(float(seq), seq, -1)) for seq in (100, 200, 300, 100, 400)]
    assert new == [True, True, True, False, True]
    assert [one.seq for one in handshakes.noted(b"a")] == [400, 300]


def test_a_fin_is_kept_with_its_syn_even_if_that_is_repeated() -> None:
    handshakes = Handshakes(10, 60, Health())
    handshakes.note(b"a", Handshake(1.0, 100, -1))
    handshakes.end(b"a", 101)
    handshakes.note(b"a", Handshake(2.0, 100, -1))
    assert handshakes.take(b"a") == (Handshake(2.0, 100, -1, 101),)


def test_a_syn_with_another_number_has_no_fin_yet() -> None:
    handshakes = Handshakes(10, 60, Health())
    handshakes.note(b"a", Handshake(1.0, 100, -1))
    handshakes.end(b"a", 101)
    handshakes.note(b"a", Handshake(2.0, 200, -1))
    assert handshakes.take(b"a")[0] == Handshake(2.0, 200, -1)


def test_fins_without_a_syn_take_no_room() -> None:
    health = Health()
    handshakes = Handshakes(10, 60, health)
    for number in range(25):
        handshakes.end(bytes([number]), number)
    assert health.evicted == 0
    assert not any(handshakes.take(bytes([number])) for number in range(25))


def test_a_flood_evicts_the_oldest_and_is_counted() -> None:
    health = Health()
    handshakes = Handshakes(10, 60, health)
    for number in range(25):
        handshakes.note(bytes([number]), Handshake(1.0, number, -1))
    assert health.evicted == 15
    assert not handshakes.take(bytes([14]))
    assert handshakes.take(bytes([15]))


def test_handshakes_without_data_time_out() -> None:
    handshakes = Handshakes(10, 60, Health())
    handshakes.note(b"old", Handshake(1.0, 1, -1))
    handshakes.note(b"new", Handshake(50.0, 2, -1))
    handshakes.expire(61.0)
    assert not handshakes.take(b"old")
    assert handshakes.take(b"new")


CALL, OTHER_CALL = Handshake(1.0, 100, -1), Handshake(2.0, 900, -1)
ANSWER, OTHER_ANSWER, STRAY = Handshake(1.1, 500, 101), Handshake(2.1, 7000, 101), Handshake(2.2, 7000, 300)


@pytest.mark.parametrize(
    ("own", "other", "numbers", "expected"),
    [
        ((CALL,), (ANSWER,), (101, 501), (CALL, ANSWER)),
        ((ANSWER,), (CALL,), (501, 101), (ANSWER, CALL)),
        ((OTHER_CALL, CALL), (ANSWER,), (101, 501), (CALL, ANSWER)),
        ((OTHER_CALL,), (ANSWER,), (101, 501), (None, ANSWER)),
        ((CALL,), (OTHER_ANSWER, ANSWER), (101, 501), (CALL, ANSWER)),
        ((CALL,), (OTHER_ANSWER, ANSWER), (101, 7001), (CALL, OTHER_ANSWER)),
        ((CALL,), (STRAY, ANSWER), (101, 600), (CALL, ANSWER)),
        ((CALL,), (ANSWER,), (150, 501), (CALL, ANSWER)),
        ((CALL,), (), (101, -1), (CALL, None)),
        ((CALL,), (ANSWER,), (2**31, 2**31), (None, None)),
        ((), (), (101, 501), (None, None)),
    ],
)
def test_the_first_bytes_choose_among_the_syns(
    own: Noted, other: Noted, numbers: tuple[int, int], expected: tuple[Handshake | None, Handshake | None]
) -> None:
    assert chosen(own, other, *numbers) == expected
