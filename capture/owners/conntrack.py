"""Connections whose addresses this host translates (NAT), as the kernel's table of connections tells them.

On the wire, a published port of a container has another address than the container's socket.
"""

import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from capture.owners import netlink
from capture.owners.owner import Ends

NETLINK_NETFILTER: Final = 12
TABLE: Final = Path("/proc/sys/net/netfilter/nf_conntrack_max")
"""Exists if the kernel keeps a table. Asking for one that it does not keep would load the modules that do."""
_GET: Final = 1 << 8 | 1  # subsystem of connections, get
_FAMILY: Final = struct.Struct("=BBH")  # nfgenmsg: family, version, resource
_ORIGINAL: Final = 1
_REPLY: Final = 2
_ADDRESSES, _PROTOCOL = 1, 2  # parts of a tuple
_ADDRESS_TYPES: Final = {socket.AF_INET: (1, 2), socket.AF_INET6: (3, 4)}
_NUMBER, _SOURCE_PORT, _TARGET_PORT = 1, 2, 3


class Translated(NamedTuple):
    """A connection as its two sockets see it."""

    client_side: Ends
    server_side: Ends


class Conntrack:
    """Asks for connections in the network of the thread that creates it."""

    def __init__(self) -> None:
        """Open the netlink socket.

        Raises:
            OSError: The kernel lacks it.
        """
        self._netlink = netlink.opened(NETLINK_NETFILTER)

    def translated(self, ends: Ends) -> Translated | None:
        """Return a connection as its sockets see it; None if the kernel does not know it, or if both see these ends."""
        reply = Ends(ends.server, ends.server_port, ends.client, ends.client_port)
        with suppress(OSError):
            for kind, one in ((_ORIGINAL, ends), (_REPLY, reply)):
                for message in netlink.answers(self._netlink, request(kind, one), dump=False):
                    found = parsed(message.body)
                    return None if found == Translated(ends, ends) else found
        return None


def request(kind: int, ends: Ends) -> bytes:
    """Return the request for the connection with these ends in its original or its reply direction."""
    family = socket.AF_INET6 if ":" in ends.client else socket.AF_INET
    source, target = _ADDRESS_TYPES[family]
    addresses = [
        netlink.attribute(source, socket.inet_pton(family, ends.client)),
        netlink.attribute(target, socket.inet_pton(family, ends.server)),
    ]
    protocol = [
        netlink.attribute(_NUMBER, bytes([socket.IPPROTO_TCP])),
        netlink.attribute(_SOURCE_PORT, ends.client_port.to_bytes(2, "big")),
        netlink.attribute(_TARGET_PORT, ends.server_port.to_bytes(2, "big")),
    ]
    parts = [netlink.nested(_ADDRESSES, addresses), netlink.nested(_PROTOCOL, protocol)]
    return netlink.request(_GET, _FAMILY.pack(family, 0, 0) + netlink.nested(kind, parts), dump=False)


def parsed(body: bytes) -> Translated | None:
    """Return the connection that a message describes; None if it is malformed."""
    parts = netlink.attributes(body, _FAMILY.size)
    client_side, reply = _tuple(parts.get(_ORIGINAL, b"")), _tuple(parts.get(_REPLY, b""))
    if client_side is None or reply is None:
        return None
    return Translated(client_side, Ends(reply.server, reply.server_port, reply.client, reply.client_port))


def _tuple(nested: bytes) -> Ends | None:
    """Return the source and the target in one direction."""
    parts = netlink.attributes(nested, 0)
    addresses = netlink.attributes(parts.get(_ADDRESSES, b""), 0)
    protocol = netlink.attributes(parts.get(_PROTOCOL, b""), 0)
    ports = [int.from_bytes(protocol.get(kind, b""), "big") for kind in (_SOURCE_PORT, _TARGET_PORT)]
    for family, kinds in _ADDRESS_TYPES.items():
        found = [addresses.get(kind, b"") for kind in kinds]
        if [len(one) for one in found] == [4 if family == socket.AF_INET else 16] * 2:
            source, target = (socket.inet_ntop(family, one) for one in found)
            return Ends(source, ports[0], target, ports[1])
    return None
