"""The addresses of the network of this thread (rtnetlink(7))."""

import socket
import struct
from typing import Final

from capture.owners import netlink

NETLINK_ROUTE: Final = 0
_GET_ADDRESSES: Final = 22
# ifaddrmsg: family, prefix length, flags, scope, index.
_HEAD: Final = struct.Struct("=BBBBI")
_ADDRESS: Final = 1
_LOCAL: Final = 2


def local_addresses() -> frozenset[str]:
    """Return the addresses of all interfaces.

    Raises:
        OSError: The kernel did not answer.
    """
    with netlink.opened(NETLINK_ROUTE) as route:
        asked = netlink.request(_GET_ADDRESSES, _HEAD.pack(socket.AF_UNSPEC, 0, 0, 0, 0), dump=True)
        found = {address(message.body) for message in netlink.answers(route, asked, dump=True)}
    return frozenset(one for one in found if one)


def address(body: bytes) -> str:
    """Return the address that a message describes; empty if it describes none."""
    if len(body) < _HEAD.size:
        return ""
    family = body[0]
    more = netlink.attributes(body, _HEAD.size)
    raw = more.get(_LOCAL) or more.get(_ADDRESS) or b""
    if (family, len(raw)) not in ((socket.AF_INET, 4), (socket.AF_INET6, 16)):
        return ""
    return socket.inet_ntop(family, raw)
