"""RSTs and FINs that only one side sees, or none acts upon, end nothing (RFC 5961 section 3)."""

import pytest
from attacked import Attack, all_paired, challenge, forge, living
from decoders import decoder, fed
from wire import ACK, CLIENT, FIN, RST, SERVER, Talk, decode, get, ok

from traffic.limits import Limits
from traffic.records import CLOSED, COMPLETE, RESET

pytestmark = pytest.mark.usefixtures("each_decoder")

OFFSETS = {
    "exact": 0,
    "a byte behind": -1,
    "behind": -5000,
    "ahead": 1,
    "in window": 5000,
    "far ahead": 2**30,
    "far behind": -(2**30),
}


def forged_end(flags: int, side: int, offset: int, *, challenged: bool) -> Attack:
    """Send a RST or FIN in the name of a side; the other one answers it, or does not see it."""

    def attack(talk: Talk) -> None:
        forge(talk, side, talk.next[side] + offset, flags, talk.next[1 - side])
        if challenged:
            challenge(talk, 1 - side)

    return attack


@pytest.mark.parametrize("pause", [0.0, 3.0])
@pytest.mark.parametrize("challenged", [True, False])
@pytest.mark.parametrize("offset", OFFSETS.values(), ids=OFFSETS)
@pytest.mark.parametrize("side", [CLIENT, SERVER], ids=["client", "server"])
@pytest.mark.parametrize("flags", [RST, RST | ACK, FIN | ACK], ids=["RST", "RST-ACK", "FIN"])
def test_what_no_side_acts_upon_ends_nothing(
    flags: int, side: int, offset: int, pause: float, *, challenged: bool
) -> None:
    slow = challenged or offset != 0  # a receiver acts upon the exact number, and then is silent
    decoded = living(forged_end(flags, side, offset, challenged=challenged), pause=pause, slow=slow)
    assert all_paired(decoded)
    assert (decoded.health.gaps, decoded.health.connections) == (0, 0)


@pytest.mark.parametrize("flags", [RST, FIN | ACK], ids=["RST", "FIN"])
@pytest.mark.parametrize("offset", OFFSETS.values(), ids=OFFSETS)
def test_forged_ends_of_both_sides_end_nothing(flags: int, offset: int) -> None:
    def attack(talk: Talk) -> None:
        for side in (CLIENT, SERVER):
            forged_end(flags, side, offset, challenged=True)(talk)

    assert all_paired(living(attack))


@pytest.mark.parametrize("flags", [RST, FIN | ACK], ids=["RST", "FIN"])
def test_a_flood_of_forged_ends_makes_no_gap(flags: int) -> None:
    def attack(talk: Talk) -> None:
        for number in range(400):
            forge(talk, CLIENT, talk.next[CLIENT] + 100 * number, flags, talk.next[SERVER])
            challenge(talk, SERVER)

    decoded = living(attack, every=30)
    assert all_paired(decoded)
    assert decoded.health.gaps == 0


@pytest.mark.parametrize("flags", [RST, FIN | ACK], ids=["RST", "FIN"])
@pytest.mark.parametrize("side", [CLIENT, SERVER], ids=["client", "server"])
def test_a_body_goes_on_after_a_forged_end(flags: int, side: int) -> None:
    talk = Talk().client(get(version="1.0")).server(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 3000)
    forge(talk, side, talk.next[side], flags, talk.next[1 - side])
    challenge(talk, 1 - side)
    decoded = decode(talk.server(b"x" * 2000).send(CLIENT).close().frames)
    (exchange,) = decoded.exchanges
    assert (exchange.response_bytes, exchange.ending, exchange.missing_bytes) == (5000, COMPLETE, 0)


def test_a_fin_counts_once_its_receiver_acknowledges_it() -> None:
    talk = Talk().client(get(version="1.0")).server(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 3000).fin(SERVER)
    sent = talk.segments[-1].time
    (exchange,) = decode(talk.send(CLIENT).wait(5).client(b"more").frames).exchanges
    assert (exchange.ending, exchange.time) == (COMPLETE, sent)


def test_a_fin_that_no_one_acknowledges_counts_at_the_end_of_the_capture() -> None:
    talk = Talk().client(get(version="1.0")).server(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 3000).fin(SERVER)
    (exchange,) = decode(talk.frames).exchanges
    assert (exchange.ending, exchange.time) == (COMPLETE, talk.segments[-1].time)


def test_a_fin_counts_at_once_if_its_receiver_is_not_captured() -> None:
    talk = Talk().client(get(version="1.0")).server(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 3000).fin(SERVER)
    later = Talk(client_port=1, time=talk.time + 10).client(get())
    frames = [talk.frame(one) for one in talk.segments if one.side == SERVER]
    assert decode(frames + later.frames).endings[0] == COMPLETE


def test_a_fin_whose_acknowledgment_was_captured_first() -> None:
    talk = Talk().client(get()).server(ok()).close()
    *others, client_fin, last = talk.segments
    decoded = decode(talk.as_captured([*others, last, client_fin]))
    assert (decoded.endings, decoded.health.connections) == ([COMPLETE], 0)


def test_a_connection_ends_with_a_fin_that_acknowledges_the_other_one() -> None:
    talk = Talk().client(get(version="1.0")).server(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 3000)
    talk.fin(SERVER).fin(CLIENT)  # and the last acknowledgment is missing
    made = decoder({80})
    fed(made, talk.frames)
    assert made.health.connections == 0


def test_the_last_acknowledgment_may_be_missing() -> None:
    talk = Talk().client(get()).server(ok()).close()
    later = Talk(client_port=1, time=talk.time + 3)
    decoded = decode(talk.frames[:-1] + later.frames, Limits(gap_timeout=1))
    assert decoded.health.connections == 0


def test_a_request_after_a_half_close_is_answered() -> None:
    """The client sends its FIN with the request, and the server answers."""
    talk = Talk().client(get("/", "Connection: close")).fin(CLIENT).wait(2).server(ok()).fin(SERVER).send(CLIENT)
    decoded = decode(talk.frames)
    assert (decoded.pairs, decoded.health.connections) == ([("/", 200)], 0)


@pytest.mark.parametrize("order", [(0, 1460, 4380), (1460, 0, 4380), (4380, 1460, 0)])
def test_resets_at_several_numbers_of_which_one_is_exact_end_the_exchange(order: tuple[int, ...]) -> None:
    talk = Talk().client(get())
    for offset in order:
        forge(talk, SERVER, talk.next[SERVER] + offset, RST)
    later = Talk(client_port=1, time=talk.time + 10).client(get())
    decoded = decode(talk.frames + later.frames)
    assert (decoded.endings[0], decoded.health.gaps) == (RESET, 0)


def test_a_reset_after_lost_bytes_ends_the_exchange() -> None:
    talk = Talk().client(get()).server(ok(b"x" * 3000)[:2000]).send(CLIENT)
    del talk.segments[-2]
    talk.reset(SERVER)
    later = Talk(client_port=1, time=talk.time + 10).client(get())
    decoded = decode(talk.frames + later.frames)
    assert decoded.pairs[0] == ("/", 200)
    assert decoded.health.missing_bytes > 0


def test_a_close_during_an_attack_is_still_a_close() -> None:
    talk = Talk().client(get("/1")).server(ok()).client(get("/2"))
    forge(talk, SERVER, talk.next[SERVER] + 700, RST)
    forge(talk, SERVER, talk.next[SERVER] + 900, FIN | ACK, talk.next[CLIENT])
    decoded = decode(talk.close().frames)
    assert decoded.endings == [COMPLETE, CLOSED]
    assert (decoded.health.gaps, decoded.health.connections) == (0, 0)
