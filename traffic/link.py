"""Link-layer headers before IP, by link-layer type (https://www.tcpdump.org/linktypes.html)."""

from typing import Final

from traffic.frame import (
    LINKTYPE_IPV4,
    LINKTYPE_IPV6,
    LINKTYPE_LINUX_SLL,
    LINKTYPE_LINUX_SLL2,
    LINKTYPE_LOOP,
    LINKTYPE_NULL,
    LINKTYPE_RAW,
)
from traffic.layers import (
    ETHERNET,
    IP,
    IPV4,
    IPV6,
    LINK,
    LLC,
    MPLS,
    NOTHING,
    Layer,
    MalformedError,
    Step,
    after,
    ethertype,
    host_number,
    number,
)

_FAMILIES: Final = {2: IPV4, 10: IPV6, 23: IPV6, 24: IPV6, 26: IPV6, 28: IPV6, 30: IPV6}
"""AF_INET, and AF_INET6 on Linux, Windows, NetBSD and OpenBSD, Solaris, FreeBSD and macOS."""
_NFLOG_PAYLOAD: Final = 9
_MACHINE_LINK_TYPES: Final = {12: LINKTYPE_RAW, 14: LINKTYPE_RAW}
_LLC_FRAMES: Final = (1, 4)
"""Cooked captures mark 802.3 and 802.2 frames with these values instead of an EtherType."""


def _loopback(data: bytes, start: int) -> Step:
    """Read an address family in the byte order of the capturing machine; OpenBSD always uses big endian."""
    family = host_number(data, start, 4)
    if family > 0xFFFF:
        family = number(data, start, 4)
    return _FAMILIES.get(family, NOTHING), start + 4, b""


def _cooked(data: bytes, start: int) -> Step:
    return _cooked_protocol(data, start + 14, start + 16)


def _cooked2(data: bytes, start: int) -> Step:
    return _cooked_protocol(data, start, start + 20)


def _cooked_protocol(data: bytes, place: int, following: int) -> Step:
    kind, _, _ = ethertype(data, place)
    if kind == LLC and number(data, place, 2) not in _LLC_FRAMES:
        return NOTHING, following, b""
    return kind, following, b""


def _nflog(data: bytes, start: int) -> Step:
    """Family, version, resource, then fields of length, type and value; lengths are in host byte order."""
    place = start + 4
    while place < len(data):
        size, kind = host_number(data, place, 2), host_number(data, place + 2, 2)
        if kind & 0x7FFF > 0xFF:
            size, kind = number(data, place, 2), number(data, place + 2, 2)
        if kind & 0x7FFF == _NFLOG_PAYLOAD:
            return _FAMILIES.get(data[start], ETHERNET if data[start] == 7 else IP), place + 4, b""
        if size < 4 or place + size > len(data):
            raise MalformedError("bad NFLOG field")
        place += size + 3 & ~3
    return NOTHING, start, b""


def _pktap(data: bytes, start: int) -> Step:
    """Apple's header: its length, the record type, and the link-layer type in the machine's numbering."""
    size, following = host_number(data, start, 4), host_number(data, start + 8, 4)
    if not 12 <= size <= len(data):
        raise MalformedError("bad PKTAP header")
    return LINK | _MACHINE_LINK_TYPES.get(following, following & 0xFFFF), start + size, b""


def _arcnet(data: bytes, start: int) -> Step:
    """Source, destination, then the protocol."""
    return _arcnet_protocol(data, start + 2)


def _linux_arcnet(data: bytes, start: int) -> Step:
    """Like `_arcnet`, with the offset in the card's buffer before the protocol."""
    return _arcnet_protocol(data, start + 4)


def _arcnet_protocol(data: bytes, place: int) -> Step:
    """In RFC 1051 IP follows directly; RFC 1201 and RFC 2497 insert a split flag and a sequence number."""
    kind = data[place]
    if kind == 0xF0:
        return IPV4, place + 1, b""
    if kind not in (0xD4, 0xC4):
        return NOTHING, place, b""
    place += 5 if data[place + 1] == 0xFF else 1  # an exception frame is padded
    if data[place]:
        raise MalformedError("fragmented ARCNET packet")
    return (IPV4 if kind == 0xD4 else IPV6), place + 3, b""


def _token_ring(data: bytes, start: int) -> Step:
    """IEEE 802.5: access and frame control, then addresses. The first bit of the source announces a route."""
    route = data[start + 14] & 0x1F if data[start + 8] & 0x80 else 0
    return LLC, start + 14 + route, b""


def _firewall(data: bytes, start: int) -> Step:
    """OpenBSD pflog: header length without padding, then address family."""
    return _FAMILIES.get(data[start + 1], NOTHING), start + (data[start] + 3 & ~3), b""


def _ipnet(data: bytes, start: int) -> Step:
    """Solaris ipnet: version and address family in a 24-byte header."""
    return _FAMILIES.get(data[start + 1], NOTHING), start + 24, b""


LAYERS: Final[dict[int, Layer]] = {
    LINK | LINKTYPE_NULL: _loopback,
    LINK | LINKTYPE_LOOP: _loopback,
    LINK | LINKTYPE_RAW: after(0, IP),
    LINK | 12: after(0, IP),  # LINKTYPE_RAW on some systems
    LINK | 14: after(0, IP),
    LINK | LINKTYPE_IPV4: after(0, IP),
    LINK | LINKTYPE_IPV6: after(0, IP),
    LINK | LINKTYPE_LINUX_SLL: _cooked,
    LINK | LINKTYPE_LINUX_SLL2: _cooked2,
    LINK | 6: _token_ring,
    LINK | 7: _arcnet,
    LINK | 129: _linux_arcnet,
    LINK | 109: after(12, IP),  # OpenBSD IPsec interface
    LINK | 117: _firewall,
    LINK | 143: after(0, ETHERNET),  # DOCSIS, as delivered by cable modem systems
    LINK | 149: _pktap,
    LINK | 258: _pktap,
    LINK | 219: after(0, MPLS),
    LINK | 226: _ipnet,
    LINK | 239: _nflog,
    LINK | 240: after(4, ETHERNET),  # Hilscher netANALYZER
    LINK | 241: after(12, ETHERNET),  # with preamble
    LINK | 274: after(8, ETHERNET),  # preamble
}
