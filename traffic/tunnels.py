"""Tunnels in IP and UDP: GRE with all its payloads, VXLAN, Geneve, GTP-U, Teredo and others."""

from typing import Final

from traffic.ethernet import generic_protocol
from traffic.layers import (
    ETHERNET,
    IP,
    IPV4,
    IPV6,
    LINK,
    MPLS,
    NOTHING,
    PROTOCOL,
    UDP_PORT,
    Layer,
    MalformedError,
    Step,
    after,
    ethertype,
    number,
)

_GRE: Final = PROTOCOL | 47
_CHECKSUM, _ROUTING, _KEY, _SEQUENCE = 0x8000, 0x4000, 0x2000, 0x1000
_ACKNOWLEDGMENT: Final = 0x0080
_ERSPAN, _ERSPAN_3, _WCCP, _BRIDGING = 0x88BE, 0x22EB, 0x883E, 0x6558
_TZSP_LINKS: Final = {1: ETHERNET, 0x12: LINK | 105, 0x77: LINK | 119, 0x7F: LINK | 127}
_TEREDO_PREFIX: Final = b"\x20\x01\x00\x00"


def _gre(data: bytes, start: int) -> Step:
    """GRE (RFC 2784, RFC 2890) with the routing of RFC 1701; version 1 is that of PPTP (RFC 2637)."""
    flags = number(data, start, 2)
    kind, _, _ = ethertype(data, start + 2)
    place = start + 4
    if flags & (_CHECKSUM | _ROUTING):
        place += 4
    identity = b""
    if flags & _KEY:
        if kind == _BRIDGING:
            identity = b"x" + data[place : place + 3]  # NVGRE (RFC 7637): virtual subnet and flow
        place += 4
    if flags & _SEQUENCE:
        place += 4
    if flags & 7 == 1 and flags & _ACKNOWLEDGMENT:
        place += 4
    elif flags & 7 == 0 and flags & _ROUTING:
        place = _after_routes(data, place)
    return _gre_payload(kind, flags, data, place, identity)


def _gre_payload(kind: int, flags: int, data: bytes, place: int, identity: bytes) -> Step:
    if kind == _ERSPAN:
        # Type I has neither header nor sequence number, type II has both (draft-foschiano-erspan-03).
        return ETHERNET, place + (8 if flags & _SEQUENCE else 0), identity
    if kind == _ERSPAN_3:
        return _erspan_3(data, place)
    if kind == _WCCP:
        # Version 2 has a 4-byte redirect header, version 1 has none; IPv4 follows.
        return IPV4, place + (0 if data[place] >> 4 == 4 else 4), identity
    return kind, place, identity


def _erspan_3(data: bytes, start: int) -> Step:
    """ERSPAN type III: twelve bytes, plus eight if the last bit says so. Frame type 2 is IP, 0 is Ethernet."""
    size = 20 if data[start + 11] & 1 else 12
    return (IP if data[start + 10] >> 2 & 0x1F == 2 else ETHERNET), start + size, b""


def _after_routes(data: bytes, place: int) -> int:
    """Skip source route entries: address family, offset, length. The last one is all zeros."""
    while number(data, place, 2) or data[place + 3]:
        place += 4 + data[place + 3]
    return place + 4


def _vxlan(data: bytes, start: int) -> Step:
    """VXLAN (RFC 7348). Others use its reserved fields, so only the flag of a valid identifier is checked."""
    if not data[start] & 0x08:
        raise MalformedError("bad VXLAN header")
    return ETHERNET, start + 8, b"x" + data[start + 4 : start + 7]


def _vxlan_generic(data: bytes, start: int) -> Step:
    """VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe): a flag says whether the next protocol is given."""
    layer = generic_protocol(data[start + 3]) if data[start] & 0x04 else ETHERNET
    return layer, start + 8, b"x" + data[start + 4 : start + 7]


def _geneve(data: bytes, start: int) -> Step:
    """Geneve (RFC 8926): options, whose length is counted in words, then an EtherType."""
    if data[start] >> 6:
        raise MalformedError("bad Geneve header")
    kind, _, _ = ethertype(data, start + 2)
    return kind, start + 8 + (data[start] & 0x3F) * 4, b"x" + data[start + 4 : start + 7]


def _gtp(data: bytes, start: int) -> Step:
    """User data of GTP version 1 (3GPP TS 29.281 section 5). The tunnel identifier differs by direction."""
    flags = data[start]
    if flags >> 4 != 3 or data[start + 1] != 0xFF:
        return NOTHING, start, b""  # control messages, echo, GTP'
    place = start + 8
    if flags & 0x07:
        following, place = data[place + 3], place + 4
        while flags & 0x04 and following:
            size = data[place] * 4
            if not size:
                raise MalformedError("bad GTP extension header")
            following, place = data[place + size - 1], place + size
    return (LINK | 9 if data[place] == 0xFF else IP), place, b""


def _gtp_0(data: bytes, start: int) -> Step:
    """User data of GTP version 0 (3GPP TS 09.60 section 6)."""
    return (IP if data[start] >> 4 == 1 and data[start + 1] == 0xFF else NOTHING), start + 20, b""


def _teredo(data: bytes, start: int) -> Step:
    """Teredo (RFC 4380 section 5.1.1): authentication and origin may precede IPv6."""
    if number(data, start, 2) == 1:
        start += 13 + data[start + 2] + data[start + 3]
    if number(data, start, 2) == 0:
        start += 8
    return (IPV6 if data[start] >> 4 == 6 else NOTHING), start, b""


def is_teredo(data: bytes, start: int) -> bool:
    """Return whether a UDP payload on any ports is a Teredo packet (RFC 4380); peers do not use the server's port."""
    if data[start] >> 4 != 6 or len(data) < start + 40:
        return False
    addressed = _TEREDO_PREFIX in (data[start + 8 : start + 12], data[start + 24 : start + 28])
    return addressed and number(data, start - 4, 2) == 48 + number(data, start + 4, 2)


def _ayiya(data: bytes, start: int) -> Step:
    """AYIYA (draft-massar-v6ops-ayiya-02 section 3): identity length (a power of two), signature length (in words)."""
    size = 8 + (1 << (data[start] >> 4)) + (data[start + 1] >> 4) * 4
    layer = {4: IPV4, 41: IPV6}.get(data[start + 3], NOTHING)
    return (layer if data[start + 2] & 0x0F == 1 else NOTHING), start + size, b""


def _l2tp(data: bytes, start: int) -> Step:
    """Parse a data message of L2TP version 2 (RFC 2661 section 3.1), which carries PPP."""
    flags = number(data, start, 2)
    if flags & 0x8000 or flags & 0x0F != 2:
        return NOTHING, start, b""
    place = start + 6 + (2 if flags & 0x4000 else 0) + (4 if flags & 0x0800 else 0)
    if flags & 0x0200:
        place += 2 + number(data, place, 2)
    return LINK | 9, place, b""


def _tzsp(data: bytes, start: int) -> Step:
    """TaZmen Sniffer Protocol: version, type, link type, then tagged fields up to an end tag."""
    layer = _TZSP_LINKS.get(number(data, start + 2, 2), NOTHING)
    place = start + 4
    while data[place] != 1:
        place += 1 if data[place] == 0 else 2 + data[place + 1]
    return layer, place + 1, b""


def _lisp(data: bytes, start: int) -> Step:
    """LISP (RFC 9300 section 5.1)."""
    return IP, start + 8, b""


def _etherip(data: bytes, start: int) -> Step:
    """EtherIP version 3 (RFC 3378)."""
    return (ETHERNET if data[start] >> 4 == 3 else NOTHING), start + 2, b""


LAYERS: Final[dict[int, Layer]] = {
    PROTOCOL | 4: after(0, IPV4),
    PROTOCOL | 41: after(0, IPV6),
    PROTOCOL | 94: after(0, IPV4),
    _GRE: _gre,
    PROTOCOL | 97: _etherip,
    PROTOCOL | 137: after(0, MPLS),
    PROTOCOL | 143: after(0, ETHERNET),
    UDP_PORT | 4789: _vxlan,
    UDP_PORT | 8472: _vxlan,
    UDP_PORT | 4790: _vxlan_generic,
    UDP_PORT | 6081: _geneve,
    UDP_PORT | 2152: _gtp,
    UDP_PORT | 3386: _gtp_0,
    UDP_PORT | 3544: _teredo,
    UDP_PORT | 4754: after(0, _GRE),
    UDP_PORT | 6635: after(0, MPLS),
    UDP_PORT | 5072: _ayiya,
    UDP_PORT | 1701: _l2tp,
    UDP_PORT | 4341: _lisp,
    UDP_PORT | 37008: _tzsp,
}
