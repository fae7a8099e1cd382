"""Serial links: PPP (RFC 1661, RFC 1662), Cisco HDLC, frame relay (RFC 2427) and SLIP."""

from typing import Final

from traffic.layers import (
    ETHERNET,
    IP,
    IPV4,
    IPV6,
    LINK,
    LLC,
    MPLS,
    NOTHING,
    PPP,
    Layer,
    Step,
    after,
    ethertype,
    number,
)

_PPP: Final = LINK | 9
_CISCO_HDLC: Final = LINK | 104
_FRAME_RELAY: Final = LINK | 107
_UNNUMBERED: Final = 3
_NLPIDS: Final = {0xCC: IPV4, 0x8E: IPV6, 0xCF: _PPP}


def _ppp(data: bytes, start: int) -> Step:
    """PPP with or without address and control field. The protocol takes two bytes, or one if compressed."""
    if data[start] == 0xFF and data[start + 1] == _UNNUMBERED:
        start += 2
    elif data[start] in (0x0F, 0x8F) and data[start + 1] == 0:
        return _hdlc(data, start)  # serial links captured as PPP that use Cisco HDLC
    if data[start] & 1:
        return PPP | data[start], start + 1, b""
    return PPP | data[start] << 8 | data[start + 1], start + 2, b""


def _hdlc(data: bytes, start: int) -> Step:
    """Cisco HDLC: address, control, EtherType (RFC 1547 section 4.3.1)."""
    return ethertype(data, start + 2)


def _frame_relay(data: bytes, start: int) -> Step:
    """Skip an address of two to four bytes, then HDLC control and a network-layer protocol, or an EtherType (Cisco)."""
    place = start
    while not data[place] & 1:
        place += 1
        if place > start + 3:
            return NOTHING, start, b""
    if data[place + 1] != _UNNUMBERED:
        return ethertype(data, place + 1)
    place += 3 if data[place + 2] == 0 else 2
    protocol = data[place]
    if protocol == 0x80:
        bridged = number(data, place + 1, 5) == 0x0080C20007
        return (ETHERNET, place + 6, b"") if bridged else ethertype(data, place + 4)
    return _NLPIDS.get(protocol, NOTHING), place + 1, b""


LAYERS: Final[dict[int, Layer]] = {
    _PPP: _ppp,
    LINK | 50: _ppp,
    LINK | 166: _ppp,
    LINK | 204: after(1, _PPP),  # direction
    LINK | 51: after(6, _PPP),  # PPPoE without its Ethernet header
    _CISCO_HDLC: _hdlc,
    LINK | 205: after(1, _CISCO_HDLC),
    _FRAME_RELAY: _frame_relay,
    LINK | 206: after(1, _FRAME_RELAY),
    LINK | 8: after(16, IP),  # SLIP as written by libpcap
    PPP | 0x21: after(0, IPV4),
    PPP | 0x57: after(0, IPV6),
    PPP | 0x281: after(0, MPLS),
    PPP | 0x283: after(0, MPLS),
    PPP | 0x31: after(2, ETHERNET),  # bridged (RFC 3518), with flags and MAC type
    LINK | 100: after(0, LLC),  # ATM with LLC (RFC 2684)
    LINK | 123: after(4, LLC),  # SunATM
    LINK | 122: after(16, LLC),  # IP over fibre channel (RFC 2625)
    LINK | 10: after(13, LLC),  # FDDI: frame control and addresses
}
