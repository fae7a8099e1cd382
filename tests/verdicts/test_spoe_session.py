"""What is said on a connection with HAProxy."""

from collections.abc import Mapping

import pytest

from verdicts.spoe.frames import (
    ACK,
    AGENT_DISCONNECT,
    AGENT_HELLO,
    HAPROXY_DISCONNECT,
    HAPROXY_HELLO,
    LENGTH,
    NOTIFY,
    UNSET,
    Frame,
    Message,
    frame_in,
    framed,
    items,
    items_in,
    messages,
    variables_in,
)
from verdicts.spoe.session import LARGEST_FRAME, Session
from verdicts.spoe.values import Value

GREETING: Mapping[str, Value] = {
    "supported-versions": "2.0", "max-frame-size": 16380, "capabilities": "pipelining,async",
}  # fmt: skip


def hello(**other: Value) -> bytes:
    said = {**GREETING, **{name.replace("_", "-"): value for name, value in other.items()}}
    return framed(Frame(HAPROXY_HELLO, True, 0, 0, items({name: each for name, each in said.items() if each != ""})))


def notify(number: int = 1, *, whole: bool = True) -> bytes:
    return framed(Frame(NOTIFY, whole, 7, number, messages([Message("check-request", {"method": "GET"})])))


def sent(session: Session) -> list[Frame]:
    """Return the frames that a session has to send."""
    rest, found = session.take(), []
    while rest:
        (length,) = LENGTH.unpack_from(rest)
        found.append(frame_in(rest[LENGTH.size : LENGTH.size + length]))
        rest = rest[LENGTH.size + length :]
    return found


def test_hello_agrees_on_version_size_and_pipelining() -> None:
    session = Session()
    assert session.receive(hello()) == []
    (frame,) = sent(session)
    assert frame.kind == AGENT_HELLO
    assert items_in(frame.payload) == {"version": "2.0", "max-frame-size": 16380, "capabilities": "pipelining"}
    assert not session.closed


def test_the_smaller_size_holds_and_pipelining_only_if_wanted() -> None:
    session = Session()
    session.receive(hello(max_frame_size=2**25, capabilities="async", supported_versions="1.5, 2.0"))
    assert items_in(sent(session)[0].payload) == {
        "version": "2.0", "max-frame-size": LARGEST_FRAME, "capabilities": "",
    }  # fmt: skip


def test_a_health_check_is_answered_and_closed() -> None:
    session = Session()
    session.receive(hello(healthcheck=True))
    assert [frame.kind for frame in sent(session)] == [AGENT_HELLO]
    assert session.closed


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_questions_are_answered_in_any_order_however_their_bytes_arrive(step: int) -> None:
    session, wire, asked = Session(), hello() + notify(1) + notify(2), []
    for place in range(0, len(wire), step):
        asked += session.receive(wire[place : place + step])
    assert [(each.stream, each.number) for each in asked] == [(7, 1), (7, 2)]
    session.acknowledge(asked[1], {"blocked": True})
    session.acknowledge(asked[0], {"blocked": False})
    answers = sent(session)[1:]
    assert [(each.kind, each.stream, each.number) for each in answers] == [(ACK, 7, 2), (ACK, 7, 1)]
    assert [variables_in(each.payload) for each in answers] == [{"blocked": True}, {"blocked": False}]


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (hello(supported_versions=""), 5),
        (hello(max_frame_size=""), 6),
        (hello(max_frame_size="16380"), 6),
        (hello(capabilities=""), 7),
        (hello(supported_versions="1.0,3.0"), 8),
        (hello(max_frame_size=255), 9),
        (notify(), 4),
        (hello() + hello(), 4),
        (hello() + notify(whole=False), 10),
        (hello() + framed(Frame(UNSET, True, 7, 1, b"")), 10),
        (LENGTH.pack(LARGEST_FRAME + 1), 3),
        (hello() + LENGTH.pack(16381), 3),
        (hello() + LENGTH.pack(2) + b"\x03\0", 4),
        (hello() + framed(Frame(NOTIFY, True, 1, 1, b"\x05ab")), 4),
        (hello() + framed(Frame(HAPROXY_DISCONNECT, True, 0, 0, b"")), 0),
    ],
)
def test_what_is_wrong_ends_the_connection_with_the_status_of_the_specification(wire: bytes, status: int) -> None:
    session = Session()
    assert session.receive(wire + notify()) == []
    last = sent(session)[-1]
    assert last.kind == AGENT_DISCONNECT
    assert items_in(last.payload)["status-code"] == status
    assert session.closed
    assert bool(session.problem) == (status != 0)
    assert session.receive(notify()) == []
    assert session.take() == b""


def test_an_unknown_frame_is_passed_over() -> None:
    session = Session()
    assert len(session.receive(hello() + framed(Frame(50, True, 0, 0, b"x")) + notify())) == 1
