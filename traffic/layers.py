"""The protocol layers around IP. Each is a function in one table, found by its protocol number.

A layer gets a frame and the index of its header. It returns the next layer, the index of its header, and its part of
the network's identity (such as a VLAN id). It raises `IndexError` if the frame is too short and `MalformedError` if its
header is invalid; it never reads beyond the frame.
"""

from collections.abc import Callable
from typing import Final

Step = tuple[int, int, bytes]
"""The next layer (`NOTHING`: none that we read), the index of its header, and the identity of the network."""
Layer = Callable[[bytes, int], Step]

# Number spaces of layers. Plain numbers are EtherTypes; the others are added to one of these.
LINK: Final = 0x10000
"""Link-layer types of capture files."""
PROTOCOL: Final = 0x20000
"""IP protocol numbers."""
UDP_PORT: Final = 0x30000
PPP: Final = 0x40000
"""PPP protocol numbers (RFC 1661)."""
OWN: Final = 0x50000
"""Layers without a number of their own."""

NOTHING: Final = -1
IPV4: Final = 0x0800
IPV6: Final = 0x86DD
MPLS: Final = 0x8847
ETHERNET: Final = LINK | 1
TCP: Final = PROTOCOL | 6
UDP: Final = PROTOCOL | 17
IP: Final = OWN | 1
"""IPv4 or IPv6, depending on the first four bits."""
LLC: Final = OWN | 2


class MalformedError(Exception):
    """An invalid header; its text is the name of the oddity to count."""


def after(size: int, layer: int) -> Layer:
    """Return a layer that skips a header of `size` bytes before `layer`."""

    def skip(data: bytes, start: int) -> Step:
        return layer, start + size, b""

    return skip


def ethertype_after(size: int) -> Layer:
    """Return a layer that skips a header of `size` bytes, the last two of which are an EtherType."""

    def skip(data: bytes, start: int) -> Step:
        return ethertype(data, start + size - 2)

    return skip


def ethertype(data: bytes, place: int) -> Step:
    """Return the layer of an EtherType. A value below 1536 is a length before LLC (IEEE 802.3 clause 3.2.6)."""
    kind = data[place] << 8 | data[place + 1]
    return (kind if kind >= 0x600 else LLC), place + 2, b""


def number(data: bytes, start: int, size: int) -> int:
    """Read an unsigned number in network byte order."""
    if start + size > len(data):
        raise IndexError
    return int.from_bytes(data[start : start + size], "big")


def host_number(data: bytes, start: int, size: int) -> int:
    """Read an unsigned number in the byte order of the capturing machine, nearly always little endian."""
    if start + size > len(data):
        raise IndexError
    return int.from_bytes(data[start : start + size], "little")


def ip(data: bytes, start: int) -> Step:
    """IPv4 or IPv6, recognised only by its version field."""
    version = data[start] >> 4
    return (IPV4 if version == 4 else IPV6 if version == 6 else NOTHING), start, b""


LAYERS: Final[dict[int, Layer]] = {IP: ip}
