"""TCP sockets as the kernel tells them (sock_diag(7)): those that listen, and the one of a connection."""

import socket
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from capture.owners import netlink

NETLINK_SOCK_DIAG: Final = 4
LISTEN: Final = 10
_BY_FAMILY: Final = 20
_ALL_STATES: Final = 0xFFFFFFFF
_NO_COOKIE: Final = b"\xff" * 8
# inet_diag_req_v2: family, protocol, extensions, padding, states; then the socket: ports, addresses, interface, cookie.
_REQUEST: Final = struct.Struct("=BBBxI")
_PORTS: Final = struct.Struct("!HH")
# inet_diag_msg: family, state; ports, addresses; user and inode at its end.
_ANSWER: Final = struct.Struct("!BB2xHH16s16s4x8x12x")
_OWNER: Final = struct.Struct("=II")
_OWNER_AT: Final = 64
_SIZE: Final = 72
_V6_ONLY: Final = 11
_CGROUP: Final = 21
_MAPPED: Final = bytes(10) + b"\xff\xff"
"""Start of IPv6 addresses that stand for IPv4 addresses (RFC 4291 section 2.5.5.2)."""


class Socket(NamedTuple):
    """A TCP socket."""

    state: int
    local: str
    local_port: int
    remote: str
    remote_port: int
    user: int
    """Number of the user who opened it; 0 also if no process holds it."""
    inode: int
    """Its number in /proc/PID/fd; 0 if no process holds it, yet or any more."""
    cgroup: int
    """Inode of its control group; 0 if the kernel does not tell it."""
    dual: bool
    """Whether it is an IPv6 socket that also takes IPv4."""


class SockDiag:
    """Asks the kernel about the sockets of one network: that of the thread that creates it."""

    def __init__(self) -> None:
        """Open the netlink socket.

        Raises:
            OSError: The kernel lacks it.
        """
        self._netlink = netlink.opened(NETLINK_SOCK_DIAG)

    def close(self) -> None:
        """Close the netlink socket."""
        self._netlink.close()

    def listening(self) -> Iterator[Socket]:
        """Yield the sockets that listen.

        Raises:
            OSError: The kernel did not answer.
        """
        for family in (socket.AF_INET, socket.AF_INET6):
            for message in netlink.answers(self._netlink, listening_request(family), dump=True):
                if found := parsed(message.body):
                    yield found

    def connected(self, local: tuple[str, int], remote: tuple[str, int]) -> Socket | None:
        """Return the socket of a connection; the one that listens for it if the kernel has no other.

        Raises:
            OSError: The kernel did not answer.
        """
        for message in netlink.answers(self._netlink, connection_request(local, remote), dump=False):
            return parsed(message.body)
        return None


def listening_request(family: int) -> bytes:
    """Return the request for all sockets that listen."""
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, 1 << LISTEN) + bytes(40) + _NO_COOKIE
    return netlink.request(_BY_FAMILY, body, dump=True)


def connection_request(local: tuple[str, int], remote: tuple[str, int]) -> bytes:
    """Return the request for one connection."""
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    ends = [socket.inet_pton(family, address).ljust(16, b"\0") for address, _ in (local, remote)]
    name = _PORTS.pack(local[1], remote[1]) + b"".join(ends) + bytes(4) + _NO_COOKIE
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, _ALL_STATES) + name
    return netlink.request(_BY_FAMILY, body, dump=False)


def parsed(body: bytes) -> Socket | None:
    """Return the socket that a message describes; None if it is too short."""
    if len(body) < _SIZE:
        return None
    family, state, local_port, remote_port, local, remote = _ANSWER.unpack_from(body)
    user, inode = _OWNER.unpack_from(body, _OWNER_AT)
    more = netlink.attributes(body, _SIZE)
    cgroup = int.from_bytes(more.get(_CGROUP, b""), "little")
    dual = family == socket.AF_INET6 and not any(more.get(_V6_ONLY, b""))
    ends = (_text(family, local), local_port, _text(family, remote), remote_port)
    return Socket(state, *ends, user, inode, cgroup, dual)


def _text(family: int, address: bytes) -> str:
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, address[:4])
    if address.startswith(_MAPPED):
        return socket.inet_ntop(socket.AF_INET, address[12:])
    return socket.inet_ntop(socket.AF_INET6, address)
