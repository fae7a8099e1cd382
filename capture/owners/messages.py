"""The messages between the monitor and its helper, as JSON: questions one way, owners and listeners the other."""

import ipaddress
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from capture.owners.owner import Ends, Found, Listener, Listeners, Owner

MOST_ASKED: Final = 256
"""Maximum connections in a message."""
LONGEST: Final = 200_000
"""Maximum bytes of a message: what a socket takes without special rights."""


class MalformedMessage(ValueError):  # noqa: N818 - the name says what is wrong
    """The other process sent something else."""


class Answer(NamedTuple):
    """What the helper tells."""

    connections: tuple[Found, ...] = ()
    listeners: Listeners | None = None
    """None if nothing has changed."""

    def parts(self) -> "tuple[Answer, ...]":
        """Return smaller answers for one that is too long. Those who listen are left out: they can be asked for."""
        if self.listeners is not None:
            return (Answer(listeners=Listeners(self.listeners.local)),) if self.listeners.sockets else ()
        middle = len(self.connections) // 2
        return (Answer(self.connections[:middle]), Answer(self.connections[middle:])) if middle else ()


def question(asked: Iterable[Ends]) -> bytes:
    """Return the message that asks for owners."""
    return json.dumps(list(asked)).encode("ascii")


def asked_in(message: bytes) -> list[Ends]:
    """Return the connections in a question.

    Raises:
        MalformedMessage: It is not one.
    """
    try:
        rows = json.loads(message)
        return [_ends(*row) for row in rows[:MOST_ASKED]]
    except (ValueError, TypeError, RecursionError) as reason:
        raise MalformedMessage(str(reason)) from None


def answered(answer: Answer) -> bytes:
    """Return the message with an answer. Owners are listed once, and then named by their places in the list."""
    owners: dict[Owner, int] = {}

    def place(owner: Owner) -> int:
        return owners.setdefault(owner, len(owners))

    connections = [[*found.ends, found.time, place(found.owner)] for found in answer.connections]
    told: dict[str, Any] = {"connections": connections}
    if answer.listeners is not None:
        told["local"] = answer.listeners.local
        told["listeners"] = [[*one[:4], place(one.owner)] for one in answer.listeners.sockets]
    return json.dumps(told | {"owners": list(owners)}).encode("ascii")


def answer_in(message: bytes) -> Answer:
    """Return the answer in a message.

    Raises:
        MalformedMessage: It is not one.
    """
    try:
        told = json.loads(message)
        owners = [Owner(*one) for one in told["owners"]]
        connections = tuple(_found(owners, *row) for row in told["connections"])
        if "local" not in told:
            return Answer(connections)
        local = tuple((str(address), int(network)) for address, network in told["local"])
        return Answer(connections, Listeners(local, tuple(_listeners(owners, told["listeners"]))))
    except (ValueError, TypeError, LookupError, RecursionError) as reason:
        raise MalformedMessage(str(reason)) from None


def _ends(client: str, client_port: int, server: str, server_port: int) -> Ends:
    """Return both ends, in the kernel's way to write addresses."""
    return Ends(
        str(ipaddress.ip_address(client)), _port(client_port), str(ipaddress.ip_address(server)), _port(server_port)
    )


def _port(number: int) -> int:
    if not isinstance(number, int) or not 0 <= number < 2**16:
        raise ValueError(f"no port: {number!r}")
    return number


def _found(owners: list[Owner], *row: Any) -> Found:
    *ends, time, place = row
    return Found(Ends(*ends), float(time), owners[place])


def _listeners(owners: list[Owner], rows: Iterable[list[Any]]) -> Iterator[Listener]:
    for network, address, port, shared, place in rows:
        yield Listener(network, address, port, shared, owners[place])
