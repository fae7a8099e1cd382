"""A SYN on an open connection ends nothing if it is forged. A new connection is believed when both sides use it."""

from random import Random

import pytest
from attacked import Attack, all_paired, challenge, forge, living
from wire import ACK, CLIENT, FIN, MASK, RST, SERVER, SYN, Segment, Talk, decode, get, ok

from traffic.limits import Limits
from traffic.records import CLOSED, COMPLETE

pytestmark = pytest.mark.usefixtures("each_decoder")

ODDITY = "SYN on an open connection"


def far_syn(talk: Talk) -> None:
    forge(talk, CLIENT, talk.next[CLIENT] + 2**30, SYN)
    challenge(talk, SERVER)


def near_syn(talk: Talk) -> None:
    forge(talk, CLIENT, talk.next[CLIENT] + 500, SYN)
    challenge(talk, SERVER)


def exact_syn(talk: Talk) -> None:
    forge(talk, CLIENT, talk.next[CLIENT] - 1, SYN)
    challenge(talk, SERVER)


def syn_flood(talk: Talk) -> None:
    for seq in Random(len(talk.segments)).choices(range(MASK), k=40):
        forge(talk, CLIENT, seq, SYN)
        challenge(talk, SERVER)


def syn_from_the_server(talk: Talk) -> None:
    forge(talk, SERVER, talk.next[SERVER] + 2**30, SYN)
    challenge(talk, CLIENT)


def syn_and_data(talk: Talk) -> None:
    forge(talk, CLIENT, 2**31, SYN)
    challenge(talk, SERVER)
    forge(talk, CLIENT, 2**31 + 1, ACK, 77, get("/forged"))
    challenge(talk, SERVER)


def syn_with_data(talk: Talk) -> None:
    forge(talk, CLIENT, 2**31, SYN, data=get("/forged"))
    challenge(talk, SERVER)


def syn_answered_by_the_attacker(talk: Talk) -> None:
    forge(talk, CLIENT, 2**31, SYN)
    forge(talk, SERVER, 2**29, SYN | ACK, 2**31 + 1)
    challenge(talk, SERVER)
    challenge(talk, CLIENT)


def second_syn_ack(talk: Talk) -> None:
    forge(talk, SERVER, talk.first[SERVER] + 2**29, SYN | ACK, talk.first[CLIENT] + 1)
    challenge(talk, CLIENT)


def stray_syn_ack(talk: Talk) -> None:
    forge(talk, SERVER, 2**29, SYN | ACK, 2**31)
    challenge(talk, CLIENT)


def stray_syn_ack_and_data(talk: Talk) -> None:
    stray_syn_ack(talk)
    forge(talk, SERVER, 2**29 + 1, ACK, 2**31, ok())
    challenge(talk, CLIENT)


def syn_ack_and_rst(talk: Talk) -> None:
    forge(talk, SERVER, 2**27, SYN | ACK, 2**29)
    forge(talk, CLIENT, talk.next[CLIENT] + 2**31, RST)
    challenge(talk, SERVER)


ATTACKS = [
    syn_ack_and_rst,
    far_syn,
    near_syn,
    exact_syn,
    syn_flood,
    syn_from_the_server,
    syn_and_data,
    syn_with_data,
    syn_answered_by_the_attacker,
    second_syn_ack,
    stray_syn_ack,
    stray_syn_ack_and_data,
]


@pytest.mark.parametrize("pause", [0.0, 2.5])
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_syn_ends_a_living_connection(attack: Attack, pause: float) -> None:
    decoded = living(attack, pause=pause)
    assert all_paired(decoded)
    assert decoded.health.oddities[ODDITY] > 0
    assert (decoded.health.gaps, decoded.health.connections) == (0, 0)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_syn_ends_a_connection_that_was_joined(attack: Attack) -> None:
    assert all_paired(living(attack, talk=Talk(handshake=False)))


@pytest.mark.parametrize("attack", [far_syn, exact_syn, syn_flood, second_syn_ack, stray_syn_ack])
def test_no_syn_spoils_a_connection_before_its_first_byte(attack: Attack) -> None:
    talk = Talk()
    attack(talk)
    decoded = decode(talk.client(get()).server(ok()).close().frames)
    assert decoded.pairs == [("/", 200)]
    assert (decoded.health.gaps, decoded.health.connections) == (0, 0)


@pytest.mark.parametrize("first", [True, False])
def test_of_two_answers_to_a_syn_the_client_chooses(*, first: bool) -> None:
    talk = Talk()
    other = talk.segments[1]._replace(seq=90_000)
    talk.segments[1:2] = [talk.segments[1], other] if first else [other, talk.segments[1]]
    decoded = decode(talk.client(get("/1")).server(ok()).client(get("/2")).server(ok(status=404)).frames)
    assert decoded.pairs == [("/1", 200), ("/2", 404)]
    assert decoded.health.gaps == 0


def reuse(first: tuple[int, int] = (2**31, 2**29), *, step: float = 0.001) -> tuple[Talk, Talk]:
    """A connection whose close was lost, with a request that waits, and a new one between the same ports."""
    old = Talk(step=step).client(get("/old")).server(ok()).client(get("/waits"))
    new = Talk(first=first, time=old.time + 1, step=step).client(get("/new")).server(ok(status=201))
    return old, new.client(get("/next")).server(ok(status=202)).close()


REUSED = [("/old", 200), ("/waits", None), ("/new", 201), ("/next", 202)]


@pytest.mark.parametrize("first", [(2**31, 2**29), (1500, 2**29), (2**31, 5500), (1100, 5100)])
def test_a_new_connection_is_believed_when_both_sides_use_its_numbers(first: tuple[int, int]) -> None:
    old, new = reuse(first)
    decoded = decode(old.frames + new.frames)
    assert decoded.pairs == REUSED
    assert (decoded.endings[1], decoded.exchanges[1].time) == (CLOSED, new.segments[0].time)
    assert (decoded.health.gaps, decoded.health.connections, decoded.held) == (0, 0, 0)


def test_a_new_connection_is_believed_amid_forged_syns() -> None:
    old, new = reuse()
    for place in (4, 3, 2, 1, 0):
        new.segments.insert(place, Segment(new.segments[place].time, CLIENT, 2**20 * place + 7, 0, SYN))
    assert decode(old.frames + new.frames).pairs == REUSED


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_new_connection_is_believed_if_a_part_of_its_handshake_was_not_captured(lost: int) -> None:
    old, new = reuse()
    del new.segments[lost]
    decoded = decode(old.frames + new.frames)
    assert decoded.pairs == REUSED
    assert (decoded.health.gaps, decoded.held) == (0, 0)


@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_one_captured_direction_is_enough_for_a_new_connection(side: int) -> None:
    talks = reuse()
    decoded = decode([talk.frame(one) for talk in talks for one in talk.segments if one.side == side])
    assert [request.target for request in decoded.requests] == (
        ["/old", "/waits", "/new", "/next"] if side == CLIENT else []
    )
    if side == SERVER:
        assert decoded.pairs == [(None, 200), (None, 201), (None, 202)]


def test_a_new_connection_without_data_ends_the_old_one() -> None:
    old, new = reuse()
    shaken = Talk(first=new.first, time=old.time + 1).close()
    decoded = decode(old.frames + shaken.frames)
    assert decoded.endings == [COMPLETE, CLOSED]


def test_a_new_connection_that_both_sides_open_at_once() -> None:
    """Both send a SYN, and answer that of the other with a SYN-ACK (RFC 9293 section 3.5)."""
    old = Talk().client(get("/old")).server(ok())
    new = Talk(first=(2**31, 2**29), time=old.time + 1)
    call, answer, _ = new.segments
    new.segments[:] = [
        call,
        answer._replace(flags=SYN, ack=0),
        call._replace(flags=SYN | ACK, ack=answer.seq + 1),
        answer,
    ]
    decoded = decode(old.frames + new.client(get("/new")).server(ok(status=201)).frames)
    assert decoded.pairs == [("/old", 200), ("/new", 201)]


def test_a_new_connection_after_the_server_challenged_its_first_syn() -> None:
    """The client answers the challenge with a RST, and calls again (RFC 9293 section 3.5.1)."""
    old, new = reuse()
    call, *rest = new.segments
    old.wait(1).segments.append(call)
    old.send(SERVER)
    forge(old, CLIENT, old.next[CLIENT], RST)
    again = Talk(first=new.first, time=new.segments[-1].time).segments
    frames = old.frames + [new.frame(one._replace(time=one.time + 2)) for one in (again[0], *rest)]
    assert decode(frames).pairs == REUSED


def test_what_a_claim_keeps_is_bounded() -> None:
    talk = Talk().client(get("/1"))
    forge(talk, CLIENT, 2**31, SYN)
    challenge(talk, SERVER)
    for number in range(1000):
        forge(talk, CLIENT, 2**31 + 1 + number * 1000, ACK, 77, b"x" * 1000)
    decoded = decode(talk.frames[:-1], Limits(total_buffer=10_000))
    assert decoded.health.oddities["reassembly buffer full"] > 900
    assert decoded.held == 0


def test_a_fin_after_the_handshake_of_a_new_connection_belongs_to_it() -> None:
    old, new = reuse()
    early = Talk(first=new.first, time=old.time + 1).fin(CLIENT)
    assert early.segments[-1].flags & FIN
    decoded = decode(old.frames + early.frames)
    assert decoded.endings == [COMPLETE, CLOSED]
