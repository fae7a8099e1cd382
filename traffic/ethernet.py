"""Headers between Ethernet and IP: tags, labels, LLC/SNAP and PPPoE."""

from typing import Final

from traffic.layers import (
    ETHERNET,
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
    ethertype_after,
    number,
)

_CONTROL_WORD: Final = 4
_MOST_LABELS: Final = 32
_SNAP: Final = 0xAAAA
_LLC_IP: Final = 0x0606
_BRIDGED: Final = frozenset({0x0080C20001, 0x0080C20007})
"""SNAP identifiers of bridged Ethernet frames, with and without checksum (RFC 2684 section 5.2)."""


def _ethernet(data: bytes, start: int) -> Step:
    return ethertype(data, start + 12)


def _vlan(data: bytes, start: int) -> Step:
    """IEEE 802.1Q. VLAN 0 only carries a priority and names no VLAN."""
    kind, place, _ = ethertype(data, start + 2)
    identity = (data[start] & 0x0F) << 8 | data[start + 1]
    return kind, place, b"v" + identity.to_bytes(2, "big") if identity else b""


def _backbone(data: bytes, start: int) -> Step:
    """IEEE 802.1ah: a 24-bit service identifier, then the whole frame of the customer."""
    return ETHERNET, start + 4, b"i" + data[start + 1 : start + 4]


def _fabric_path(data: bytes, start: int) -> Step:
    """Cisco FabricPath: the outer header held its addresses, so only four bytes of its tag are left."""
    return ETHERNET, start + 2, b""


def _trill(data: bytes, start: int) -> Step:
    """RFC 6325 section 3: six bytes, then options whose length is counted in words."""
    options = (data[start] & 0x07) << 2 | data[start + 1] >> 6
    return ETHERNET, start + 6 + options * 4, b""


def _macsec(data: bytes, start: int) -> Step:
    """IEEE 802.1AE clause 9. The payload is readable only if the E bit is not set."""
    control = data[start]
    if control & 0x08:
        raise MalformedError("encrypted MACsec frame")
    return ethertype(data, start + (14 if control & 0x20 else 6))


def _nsh(data: bytes, start: int) -> Step:
    """Network Service Header (RFC 8300 section 2.2)."""
    size = (data[start + 1] & 0x3F) * 4
    if size < 8:
        raise MalformedError("bad NSH header")
    return _GPE_PROTOCOLS.get(data[start + 3], NOTHING), start + size, b""


def _llc(data: bytes, start: int) -> Step:
    """IEEE 802.2, and its SNAP extension with an EtherType (RFC 1042)."""
    access = number(data, start, 2)
    if access == _SNAP and data[start + 2] == 3:
        if number(data, start + 3, 5) in _BRIDGED:
            return ETHERNET, start + 10, b""
        return ethertype(data, start + 6)
    if access == _LLC_IP and data[start + 2] == 3:
        return IPV4, start + 3, b""
    return NOTHING, start, b""


def _pppoe(data: bytes, start: int) -> Step:
    """PPPoE session stage (RFC 2516 section 4). Both directions have the same session number."""
    if data[start] != 0x11:
        raise MalformedError("bad PPPoE header")
    return LINK | 9, start + 6, b"p" + data[start + 2 : start + 4]


def _mpls(data: bytes, start: int) -> Step:
    """Skip MPLS labels (RFC 3032), which differ by direction. Only the first bits of the payload reveal it."""
    for place in range(start, start + 4 * _MOST_LABELS, 4):
        if data[place + 2] & 1:
            return _labelled(data, place + 4)
    raise MalformedError("too many MPLS labels")


def _labelled(data: bytes, start: int) -> Step:
    """IP, or an Ethernet pseudowire with or without a control word (RFC 4385)."""
    first = data[start] >> 4
    if first in (0, 4, 6) and not _seems_ethernet(data, start):
        return {0: (ETHERNET, start + _CONTROL_WORD, b""), 4: (IPV4, start, b""), 6: (IPV6, start, b"")}[first]
    return ETHERNET, start, b""


def _seems_ethernet(data: bytes, start: int) -> bool:
    """Return whether an Ethernet frame with IP or a tag starts here; the first bits of a MAC address prove nothing."""
    kind, version = data[start + 12 : start + 14], data[start + 14 : start + 15]
    return (
        kind == b"\x81\x00"
        or (kind == b"\x08\x00" and version == b"\x45")
        or (kind == b"\x86\xdd" and b"\x60" <= version < b"\x70")
    )


_GPE_PROTOCOLS: Final = {1: IPV4, 2: IPV6, 3: ETHERNET, 4: 0x894F, 5: MPLS}
"""Next-protocol values of NSH, which VXLAN-GPE shares."""


def generic_protocol(code: int) -> int:
    """Return the layer of a VXLAN-GPE next-protocol value."""
    return _GPE_PROTOCOLS.get(code, NOTHING)


LAYERS: Final[dict[int, Layer]] = {
    ETHERNET: _ethernet,
    LLC: _llc,
    0x8100: _vlan,
    0x88A8: _vlan,
    0x9100: _vlan,
    0x9200: _vlan,
    0x9300: _vlan,
    0x88E7: _backbone,
    0x8903: _fabric_path,
    0x22F3: _trill,
    0x88E5: _macsec,
    0x894F: _nsh,
    0x8926: ethertype_after(6),  # Cisco VN-Tag
    0x8909: ethertype_after(8),  # Cisco MetaData, with a security group tag
    0xF1C1: ethertype_after(6),  # IEEE 802.1CB redundancy tag
    0x892F: ethertype_after(6),  # IEC 62439-3 HSR
    0x8864: _pppoe,
    0x880B: after(0, LINK | 9),  # PPP, inside GRE (RFC 2637)
    0x6558: after(0, ETHERNET),  # transparent Ethernet bridging (RFC 1701)
    0x6559: after(0, LINK | 107),  # frame relay, inside GRE (RFC 1701)
    0x8847: _mpls,
    0x8848: _mpls,
}
