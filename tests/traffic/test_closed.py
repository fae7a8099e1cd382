"""After the end of a connection, its stragglers are ignored, and a new one between its ports is read."""

import pytest
from wire import ACK, CLIENT, RST, SERVER, Segment, Talk, decode, get, ok

from traffic.frame import Frame
from traffic.limits import Limits
from traffic.records import RESET

pytestmark = pytest.mark.usefixtures("each_decoder")

BOTH = [("/one", 200), ("/two", 404)]


def dialogue(*, first: tuple[int, int] = (1000, 5000), time: float = 1000.0, handshake: bool = True) -> Talk:
    talk = Talk(first=first, time=time, handshake=handshake).client(get("/one")).server(ok(b"x" * 5000))
    return talk.client(get("/two", method="POST", body=b"y" * 3000)).server(ok(status=404)).close()


def later(talk: Talk, delay: float) -> list[Frame]:
    return [talk.frame(segment._replace(time=segment.time + delay)) for segment in talk.segments]


@pytest.mark.parametrize("delay", [0.004, 0.03, 1.0])
@pytest.mark.parametrize("handshake", [True, False])
def test_copies_from_another_capture_point_are_no_second_connection(delay: float, handshake: bool) -> None:
    talk = dialogue(handshake=handshake)
    frames = sorted(talk.frames + later(talk, delay), key=lambda frame: frame.time)
    decoded = decode(frames)
    assert decoded.pairs == BOTH
    assert decoded.health.gaps == 0


def test_copies_of_a_connection_that_was_reset_are_no_second_connection() -> None:
    talk = Talk().client(get("/one")).server(ok()).reset(CLIENT)
    other = Talk(client_port=1, time=1002.0).client(get("/other")).server(ok())
    assert decode(talk.frames + other.frames + later(talk, 3)).pairs == [("/one", 200), ("/other", 200)]


def test_a_syn_with_the_same_number_is_a_new_connection_after_a_while() -> None:
    talk = dialogue()
    assert decode(talk.frames + later(talk, 6)).pairs == [*BOTH, *BOTH]


@pytest.mark.parametrize("again", [(500_000, 700_000), (900_000_000, 2_000_000_000), (500, 100)])
def test_ports_used_again_soon_without_a_syn(again: tuple[int, int]) -> None:
    old = dialogue(first=(1000, 5000))
    new = dialogue(first=again, time=old.time + 0.01, handshake=False)
    decoded = decode(old.frames + new.frames)
    assert decoded.pairs == [*BOTH, *BOTH]
    assert decoded.health.gaps == 0


@pytest.mark.parametrize("handshake", [True, False])
def test_a_request_sent_again_after_a_reset_is_one_request(handshake: bool) -> None:
    talk = Talk(handshake=handshake).client(get("/again"))
    request, unacknowledged = talk.segments[-1], talk.first[CLIENT] + 1
    reset = Segment(request.time, SERVER, talk.next[SERVER], unacknowledged, RST | ACK)
    segments = list(talk.segments[:-1])
    for after in (0, 1, 3, 7, 15, 31, 63):
        segments.append(request._replace(time=request.time + after))
        segments.append(reset._replace(time=request.time + after + 0.001))
    decoded = decode([talk.frame(segment) for segment in segments])
    assert decoded.pairs == [("/again", None)]
    assert decoded.endings == [RESET]


def test_ports_used_again_a_minute_after_a_reset() -> None:
    old = Talk().client(get("/one")).reset(SERVER)
    new = Talk(first=(500_000, 700_000), time=1060.0, handshake=False).client(get("/two")).server(ok(status=404))
    same = Talk(time=1120.0, client_port=1).client(get("/one")).reset(SERVER)
    syn = Talk(time=1180.0, client_port=1).client(get("/two")).server(ok(status=404))
    decoded = decode(old.frames + new.frames + same.frames + syn.frames)
    assert decoded.pairs == [("/one", None), ("/two", 404)] * 2


def test_reset_connections_are_remembered_for_a_limited_time_and_in_limited_number() -> None:
    def sent_again(limits: Limits) -> int:
        talks = [Talk(client_port=port, time=1000.0 + port).client(get()).reset(SERVER) for port in range(1, 9)]
        frames = [frame for talk in talks for frame in talk.frames]
        again = [talk.frame(talk.segments[3]._replace(time=1100.0 + talk.client_port)) for talk in talks]
        return len(decode(frames + again, limits).requests) - len(talks)

    assert sent_again(Limits()) == 0
    assert sent_again(Limits(connection_timeout=60)) == 8
    assert sent_again(Limits(connections=2)) > 4


def test_an_acknowledgment_starts_nothing_after_the_end() -> None:
    talk = dialogue()
    talk.segments.append(Segment(talk.time, CLIENT, 900_000, 800_000, ACK))
    assert decode(talk.frames).health.connections == 0
