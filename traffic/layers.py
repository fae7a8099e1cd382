"""The vocabulary of the layers around IP: every layer is a function in one table, found by the number it is known by.

A layer is given a frame and the index of its header, and says which layer follows, where that starts, and what part of
the network's identity it carries (VLAN ids and the like). It raises `IndexError` where the frame ends too early and
`MalformedError` where its header contradicts itself; it never looks behind the frame.
"""

from collections.abc import Callable
from typing import Final

Step = tuple[int, int, bytes]
"""The layer that follows (`NOTHING`: none that we read), the index of its header, identity."""
Layer = Callable[[bytes, int], Step]

# Where a layer's number comes from. Plain numbers are EtherTypes; the others are added to one of these.
LINK: Final = 0x10000
"""Link types of capture files."""
PROTOCOL: Final = 0x20000
"""IP protocols."""
UDP_PORT: Final = 0x30000
PPP: Final = 0x40000
"""PPP protocols (RFC 1661)."""
OWN: Final = 0x50000
"""Layers that have no number of their own."""

NOTHING: Final = -1
IPV4: Final = 0x0800
IPV6: Final = 0x86DD
MPLS: Final = 0x8847
ETHERNET: Final = LINK | 1
TCP: Final = PROTOCOL | 6
UDP: Final = PROTOCOL | 17
IP: Final = OWN | 1
"""IPv4 or IPv6, as its first four bits say."""
LLC: Final = OWN | 2


class MalformedError(Exception):
    """A header that contradicts itself; the text is the name it is counted under."""


def after(size: int, layer: int) -> Layer:
    """A header of `size` bytes without meaning for us, before `layer`."""

    def skip(data: bytes, start: int) -> Step:
        return layer, start + size, b""

    return skip


def ethertype_after(size: int) -> Layer:
    """A header of `size` bytes, the last two of which are the EtherType of what follows."""

    def skip(data: bytes, start: int) -> Step:
        return ethertype(data, start + size - 2)

    return skip


def ethertype(data: bytes, place: int) -> Step:
    """What follows an EtherType; below 1536 it is a length, and LLC follows (IEEE 802.3 clause 3.2.6)."""
    kind = data[place] << 8 | data[place + 1]
    return (kind if kind >= 0x600 else LLC), place + 2, b""


def number(data: bytes, start: int, size: int) -> int:
    """An unsigned number in network byte order."""
    if start + size > len(data):
        raise IndexError
    return int.from_bytes(data[start : start + size], "big")


def host_number(data: bytes, start: int, size: int) -> int:
    """An unsigned number in the byte order of the machine that captured: nearly always little endian."""
    if start + size > len(data):
        raise IndexError
    return int.from_bytes(data[start : start + size], "little")


def ip(data: bytes, start: int) -> Step:
    """IPv4 or IPv6 without anything that tells which."""
    version = data[start] >> 4
    return (IPV4 if version == 4 else IPV6 if version == 6 else NOTHING), start, b""


LAYERS: Final[dict[int, Layer]] = {IP: ip}
