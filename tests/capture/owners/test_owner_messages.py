"""The messages between the monitor and its helper: what one sends the other reads, and nonsense does no harm."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.owners.messages import (
    MOST_ASKED,
    Answer,
    MalformedMessage,
    answer_in,
    answered,
    asked_in,
    question,
)
from capture.owners.owner import Ends, Found, Listener, Listeners, Owner

ENDS = Ends("10.0.0.1", 5000, "2001:db8::1", 80)
OWNER = Owner("caf\xe9", 7, "www-data", "web", "9f" * 32, "nginx:1.29", "shop/cart")


def test_a_question_arrives() -> None:
    assert asked_in(question([ENDS, ENDS._replace(client_port=5001)])) == [ENDS, ENDS._replace(client_port=5001)]


def test_a_question_is_bounded() -> None:
    assert len(asked_in(question([ENDS] * 1000))) == MOST_ASKED


@pytest.mark.parametrize(
    "answer",
    [
        Answer(),
        Answer((Found(ENDS, 1000.25, OWNER), Found(ENDS, 1000.5, OWNER), Found(ENDS, 1.0, Owner()))),
        Answer(listeners=Listeners()),
        Answer(listeners=Listeners((("10.0.0.1", 0), ("::1", 0)), (Listener(3, "0.0.0.0", 80, True, OWNER),))),
    ],
)
def test_an_answer_arrives(answer: Answer) -> None:
    assert answer_in(answered(answer)) == answer


def test_an_answer_that_is_too_long_comes_in_parts() -> None:
    found = tuple(Found(ENDS._replace(client_port=port), 1.0, OWNER) for port in range(5))
    first, second = Answer(found).parts()
    assert first.connections + second.connections == found
    assert Answer(found[:1]).parts() == ()
    local = (("10.0.0.1", 0),)
    listening = Answer(listeners=Listeners(local, (Listener(0, "0.0.0.0", 80, False, OWNER),)))
    assert listening.parts() == (Answer(listeners=Listeners(local)),)
    assert Answer(listeners=Listeners(local)).parts() == ()


@pytest.mark.parametrize(
    "rows",
    [
        5,
        [5],
        [["10.0.0.1", 5000, "10.0.0.2"]],
        [["10.0.0.1", 5000, "host", 80]],
        [["10.0.0.1", 65536, "10.0.0.2", 80]],
        [["10.0.0.1", "5000", "10.0.0.2", 80]],
        [["10.0.0.1", -1, "10.0.0.2", 80]],
        [["10.0.0.1/24", 1, "10.0.0.2", 80]],
    ],
)
def test_a_malformed_question_is_refused(rows: object) -> None:
    with pytest.raises(MalformedMessage):
        asked_in(json.dumps(rows).encode())


@given(st.binary(max_size=60))
def test_no_bytes_do_harm(message: bytes) -> None:
    for read in (asked_in, answer_in):
        with pytest.raises(MalformedMessage):
            read(b"{" + message)


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
ROWS = st.lists(st.lists(PLAIN, max_size=8) | PLAIN, max_size=4) | PLAIN | st.dictionaries(st.text(max_size=5), PLAIN)


@given(st.fixed_dictionaries({"owners": ROWS, "connections": ROWS}, optional={"local": ROWS}))
def test_any_other_json_is_refused_or_empty(told: object) -> None:
    try:
        answer = answer_in(json.dumps(told).encode())
    except MalformedMessage:
        return
    assert isinstance(answer, Answer)
