"""Messages arrive whole, in any pieces, and no length is believed."""

import socket
from collections.abc import Iterator

import pytest

from inspection.channel import Channel, Message, WrongMessage


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    yield one, other
    one.close()
    other.close()


def test_messages_arrive_in_any_pieces(ends: tuple[socket.socket, socket.socket]) -> None:
    written, kept = socket.socketpair()
    Channel(written).send(7, b"hello")
    Channel(written).send(0)
    wire = kept.recv(100)
    written.close()
    kept.close()
    channel = Channel(ends[0])
    channel.wait_at_most(0.001)
    received = []
    for place in range(len(wire)):
        ends[1].send(wire[place : place + 1])
        try:
            received.append(channel.receive())
        except TimeoutError:
            continue
    assert received == [Message(7, b"hello"), Message(0, b"")]


def test_the_end_is_none_even_within_a_message(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[1].send(b"\x00\x00\x00\x00\x09\x00\x00\x00part")
    ends[1].close()
    assert Channel(ends[0]).receive() is None


def test_a_message_that_is_too_long_is_refused(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[1].send(b"\x00\x00\x00\x00\xff\xff\xff\xff")
    with pytest.raises(WrongMessage, match="4294967295"):
        Channel(ends[0], 1000).receive()
