"""Where fronts ask: a TCP port, a Unix socket, or a socket that another process has made. An edge."""

import os
import socket
import stat
from typing import Final, NamedTuple

from outputs.address import Address, parse_address

BACKLOG: Final = 1024
"""Connections that wait to be accepted."""
ANYBODY: Final = 0o666
"""Mode of a Unix socket: the folder that it is in says who may ask."""


class Place(NamedTuple):
    """Where to listen: exactly one of these is given."""

    address: Address | None = None
    path: str = ""
    descriptor: int = -1

    def __str__(self) -> str:
        return str(self.address) if self.address is not None else self.path or f"fd:{self.descriptor}"


def place_of(text: str) -> Place:
    """Parse `12345`, `127.0.0.1:12345`, `[::1]:12345`, `/run/agent.sock`, `unix:agent.sock` or `fd:3`.

    Raises:
        ValueError: the text is none of these; the message is for the user.
    """
    kind, colon, rest = text.partition(":")
    if kind == "fd" and colon:
        if not rest.isascii() or not rest.isdecimal() or len(rest) > 6:
            raise ValueError(f"{text!r} is not fd:N, such as fd:3")
        return Place(descriptor=int(rest))
    path = rest if kind == "unix" and colon else text if "/" in text else ""
    if path:
        return Place(path=path)
    try:
        return Place(parse_address(text))
    except ValueError as error:
        raise ValueError(f"{error}, nor a path such as /run/http-monitor/waf.sock") from None


def bound(place: Place) -> socket.socket:
    """Return a socket that has this address, but does not listen yet: until then, fronts are refused at once, and do
    not wait for rules to be loaded.

    Raises:
        OSError: it cannot be had; the text is one line for the user.
    """
    try:
        made = _bound(place)
    except OSError as reason:
        raise OSError(f"cannot listen on {place}: {reason.strerror or reason}; use another address") from reason
    made.setblocking(False)
    return made


def _bound(place: Place) -> socket.socket:
    if place.descriptor >= 0:
        return socket.socket(fileno=place.descriptor)
    if place.address is not None:
        family, kind, protocol, _, address = socket.getaddrinfo(
            place.address.host, place.address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    else:
        _remove_stale(place.path)
        made = socket.socket(socket.AF_UNIX)
        made.bind(place.path)
        os.chmod(place.path, ANYBODY)
    return made


def _remove_stale(path: str) -> None:
    """Remove a socket on which nobody listens any more.

    Raises:
        OSError: somebody does, or it is another kind of file.
    """
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise OSError("there is a file")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise OSError("another program listens there")
