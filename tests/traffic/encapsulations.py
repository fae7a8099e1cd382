"""An HTTP request in every supported encapsulation: each builder wraps an IP packet.

The bytes are taken from the standards, so that the parsers are not tested against themselves.
"""

from collections.abc import Callable
from struct import pack
from typing import Final

from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.network import InnerIp, Network

Wrap = Callable[[bytes], bytes]

REQUEST: Final = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
MACS: Final = bytes.fromhex("02000000000b02000000000a")
CLIENT4, SERVER4 = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
CLIENT6, SERVER6 = bytes.fromhex("20010db8" + "00" * 11 + "01"), bytes.fromhex("20010db8" + "00" * 11 + "02")


def network(inner_ip: InnerIp | None = None, ports: tuple[int, ...] = (80,)) -> tuple[Network, Health]:
    """Create a network, and its counters."""
    health = Health()
    return Network(ports, Limits(), health, Budget(2**20), inner_ip), health


def tcp(source: int, target: int, seq: int = 1, ack: int = 1, flags: int = 0x18, payload: bytes = REQUEST) -> bytes:
    return pack(">HHIIBBHHH", source, target, seq, ack, 0x50, flags, 1000, 0, 0) + payload


def udp(source: int, target: int, payload: bytes) -> bytes:
    return pack(">HHHH", source, target, 8 + len(payload), 0) + payload


def ipv4(protocol: int, payload: bytes, source: bytes = CLIENT4, target: bytes = SERVER4, field: int = 0) -> bytes:
    return pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 7, field, 64, protocol, 0) + source + target + payload


def ipv6(protocol: int, payload: bytes, source: bytes = CLIENT6, target: bytes = SERVER6) -> bytes:
    return pack(">IHBB", 0x60000000, len(payload), protocol, 64) + source + target + payload


def ethernet(kind: int, payload: bytes) -> bytes:
    return MACS + pack(">H", kind) + payload


def kind_of(ip: bytes) -> int:
    """Return the EtherType of an IP packet."""
    return 0x0800 if ip[0] >> 4 == 4 else 0x86DD


def frame(ip: bytes) -> bytes:
    return ethernet(kind_of(ip), ip)


def tagged(ip: bytes, *tags: tuple[int, int]) -> bytes:
    """Add VLAN tags of (EtherType, VLAN id)."""
    body = pack(">H", kind_of(ip)) + ip
    for kind, identity in reversed(tags):
        body = pack(">HH", kind, identity) + body
    return MACS + body


def outer(protocol: int, payload: bytes) -> bytes:
    """Build an IPv4 packet of a tunnel, in an Ethernet frame."""
    return ethernet(0x0800, ipv4(protocol, payload, b"\xac\x10\0\1", b"\xac\x10\0\2"))


def in_udp(port: int, payload: bytes) -> bytes:
    return outer(17, udp(50000, port, payload))


def snap(ip: bytes) -> bytes:
    return b"\xaa\xaa\3\0\0\0" + pack(">H", kind_of(ip)) + ip


def ppp_number(ip: bytes) -> int:
    return 0x21 if kind_of(ip) == 0x0800 else 0x57


def ppp(ip: bytes) -> bytes:
    return pack(">H", ppp_number(ip)) + ip


def vxlan(inner: bytes, identity: int = 5) -> bytes:
    return pack(">II", 0x08000000, identity << 8) + inner


def wifi(ip: bytes, control: int = 0x08, flags: int = 1, more: bytes = b"") -> bytes:
    """Build a data frame: three addresses, sequence number, the rest of the header."""
    return bytes((control, flags)) + bytes(22) + more + snap(ip)


def nflog(ip: bytes) -> bytes:
    prefix = pack("<HH", 6, 10) + b"a\0" + b"\0\0"
    return bytes((2 if kind_of(ip) == 0x0800 else 10, 0, 0, 1)) + prefix + pack("<HH", 4 + len(ip), 9) + ip


def pktap(ip: bytes) -> bytes:
    return pack("<III", 108, 1, 1) + bytes(96) + frame(ip)


def cooked2(ip: bytes) -> bytes:
    return pack(">H", kind_of(ip)) + bytes(18) + ip


def family(ip: bytes, order: str, version6: int = 30) -> bytes:
    return pack(f"{order}I", 2 if kind_of(ip) == 0x0800 else version6) + ip


def nlpid(ip: bytes) -> bytes:
    return (b"\xcc" if kind_of(ip) == 0x0800 else b"\x8e") + ip


LINKS: Final[dict[str, tuple[int, Wrap]]] = {
    "Ethernet": (1, frame),
    "Ethernet with trailer": (1, lambda ip: frame(ip) + b"GET /trailer"),
    "VLAN": (1, lambda ip: tagged(ip, (0x8100, 5))),
    "VLAN 0": (1, lambda ip: tagged(ip, (0x8100, 0))),
    "QinQ": (1, lambda ip: tagged(ip, (0x88A8, 5), (0x8100, 0xA006))),
    "three VLANs": (1, lambda ip: tagged(ip, (0x9100, 5), (0x9200, 6), (0x8100, 7))),
    "LLC/SNAP": (1, lambda ip: MACS + pack(">H", 8 + len(ip)) + snap(ip)),
    "LLC in a VLAN": (1, lambda ip: ethernet(0x8100, pack(">HH", 5, 8 + len(ip)) + snap(ip))),
    "VN-Tag": (1, lambda ip: ethernet(0x8926, bytes(4) + pack(">H", kind_of(ip)) + ip)),
    "Cisco MetaData": (1, lambda ip: ethernet(0x8909, b"\1\1\0\1\0\5" + pack(">H", kind_of(ip)) + ip)),
    "802.1CB": (1, lambda ip: ethernet(0xF1C1, bytes(4) + pack(">H", kind_of(ip)) + ip)),
    "HSR": (1, lambda ip: ethernet(0x892F, bytes(4) + pack(">H", kind_of(ip)) + ip)),
    "802.1ah": (1, lambda ip: ethernet(0x88E7, b"\0\0\0\5" + frame(ip))),
    "802.1ah in 802.1ad": (1, lambda ip: ethernet(0x88A8, b"\0\7\x88\xe7" + b"\0\0\0\5" + frame(ip))),
    "FabricPath": (1, lambda ip: ethernet(0x8903, b"\0\x60" + frame(ip))),
    "TRILL": (1, lambda ip: ethernet(0x22F3, b"\0\x3f\0\1\0\2" + frame(ip))),
    "TRILL with options": (1, lambda ip: ethernet(0x22F3, b"\0\x7f\0\1\0\2" + bytes(4) + frame(ip))),
    "MACsec": (1, lambda ip: ethernet(0x88E5, bytes(6) + pack(">H", kind_of(ip)) + ip)),
    "MACsec with channel": (1, lambda ip: ethernet(0x88E5, b"\x20" + bytes(13) + pack(">H", kind_of(ip)) + ip)),
    "NSH": (1, lambda ip: ethernet(0x894F, b"\x0f\xc2\2\3" + bytes(4) + frame(ip))),
    "MPLS": (1, lambda ip: ethernet(0x8847, b"\0\1\1\x40" + ip)),
    "MPLS, three labels": (1, lambda ip: ethernet(0x8848, b"\0\1\0\x40\0\2\0\x40\0\3\1\x40" + ip)),
    "MPLS pseudowire": (1, lambda ip: ethernet(0x8847, b"\0\1\1\x40" + frame(ip))),
    "MPLS pseudowire with control word": (1, lambda ip: ethernet(0x8847, b"\0\1\1\x40" + bytes(4) + frame(ip))),
    "MPLS pseudowire, MAC like IPv4": (1, lambda ip: ethernet(0x8847, b"\0\1\1\x40\x45" + frame(ip)[1:])),
    "PPPoE": (1, lambda ip: ethernet(0x8864, b"\x11\0\0\5" + pack(">H", 2 + len(ip)) + ppp(ip))),
    "PPPoE, short protocol": (1, lambda ip: ethernet(0x8864, b"\x11\0\0\5\0\0" + bytes((ppp_number(ip),)) + ip)),
    "PPPoE in QinQ": (
        1,
        lambda ip: ethernet(0x88A8, pack(">HHHH", 5, 0x8100, 6, 0x8864) + b"\x11\0\0\5\0\0" + ppp(ip)),
    ),
    "null, little endian": (0, lambda ip: family(ip, "<")),
    "null, big endian": (0, lambda ip: family(ip, ">", 24)),
    "loop": (108, lambda ip: family(ip, ">", 24)),
    "raw": (101, lambda ip: ip),
    "raw as 12": (12, lambda ip: ip),
    "IPv4 or IPv6": (228, lambda ip: ip),
    "cooked": (113, lambda ip: bytes(14) + pack(">H", kind_of(ip)) + ip),
    "cooked LLC": (113, lambda ip: bytes(14) + pack(">H", 4) + snap(ip)),
    "cooked VLAN": (113, lambda ip: bytes(14) + pack(">HHH", 0x8100, 5, kind_of(ip)) + ip),
    "cooked 2": (276, cooked2),
    "cooked 2 VLAN": (276, lambda ip: pack(">H", 0x8100) + bytes(18) + pack(">HH", 5, kind_of(ip)) + ip),
    "NFLOG": (239, nflog),
    "PKTAP": (258, pktap),
    "PKTAP as USER2": (149, pktap),
    "PKTAP, raw": (258, lambda ip: pack("<III", 12, 1, 12) + ip),
    "PPP": (9, lambda ip: b"\xff\3" + ppp(ip)),
    "PPP without address": (9, ppp),
    "PPP, short protocol": (9, lambda ip: b"\xff\3" + bytes((ppp_number(ip),)) + ip),
    "PPP link type, Cisco HDLC": (50, lambda ip: b"\x0f\0" + pack(">H", kind_of(ip)) + ip),
    "PPP with direction": (204, lambda ip: b"\0\xff\3" + ppp(ip)),
    "PPPoE link type": (51, lambda ip: b"\x11\0\0\5\0\0" + ppp(ip)),
    "Cisco HDLC": (104, lambda ip: b"\x0f\0" + pack(">H", kind_of(ip)) + ip),
    "frame relay": (107, lambda ip: b"\x18\x41\3" + nlpid(ip)),
    "frame relay, Cisco": (107, lambda ip: b"\x18\x41" + pack(">H", kind_of(ip)) + ip),
    "frame relay, SNAP": (107, lambda ip: b"\x18\x41\3\0\x80\0\0\0" + pack(">H", kind_of(ip)) + ip),
    "frame relay, bridged": (107, lambda ip: b"\x18\x41\3\0\x80\0\x80\xc2\0\7" + frame(ip)),
    "802.11": (105, wifi),
    "802.11 QoS": (105, lambda ip: wifi(ip, 0x88, more=b"\0\0")),
    "802.11 between access points": (105, lambda ip: wifi(ip, 0x08, 3, bytes(6))),
    "802.11 QoS with HT control": (105, lambda ip: wifi(ip, 0x88, 0x81, bytes(6))),
    "802.11 A-MSDU": (105, lambda ip: wifi(ip, 0x88, more=b"\x80\0" + bytes(14))),
    "radiotap": (127, lambda ip: b"\0\0\x08\0\0\0\0\0" + wifi(ip)),
    "radiotap, padded": (127, lambda ip: b"\0\0\x09\0\2\0\0\0\x20" + wifi(ip, 0x88, more=b"\0\0\0\0")),
    "radiotap, two words, timer": (
        127,
        lambda ip: b"\0\0\x19\0\3\0\0\x80\0\0\0\0" + bytes(4) + bytes(8) + b"\0" + wifi(ip),
    ),
    "PPI": (192, lambda ip: pack("<BBHI", 0, 0, 8, 105) + wifi(ip)),
    "PPI, Ethernet": (192, lambda ip: pack("<BBHI", 0, 0, 12, 1) + bytes(4) + frame(ip)),
    "Prism": (119, lambda ip: pack("<II", 0x44, 16) + bytes(8) + wifi(ip)),
    "AVS": (163, lambda ip: pack(">II", 0x80211001, 16) + bytes(8) + wifi(ip)),
    "token ring": (6, lambda ip: bytes(14) + snap(ip)),
    "token ring, source route": (6, lambda ip: bytes(8) + b"\x80" + bytes(5) + b"\x06\0\0\0\0\0" + snap(ip)),
    "FDDI": (10, lambda ip: bytes(13) + snap(ip)),
    "ATM": (100, snap),
    "SLIP": (8, lambda ip: bytes(16) + ip),
    "netANALYZER": (240, lambda ip: bytes(4) + frame(ip)),
    "pflog": (117, lambda ip: bytes((61, 2 if kind_of(ip) == 0x0800 else 24)) + bytes(62) + ip),
    "ARCNET, RFC 1201": (129, lambda ip: b"\1\2\0\0" + (b"\xd4" if kind_of(ip) == 0x0800 else b"\xc4") + bytes(3) + ip),
    "ARCNET of BSD": (7, lambda ip: b"\1\2" + (b"\xd4" if kind_of(ip) == 0x0800 else b"\xc4") + bytes(3) + ip),
}
"""Name: link type, and the builder that puts an IP packet into such a frame."""

TUNNELS: Final[dict[str, Wrap]] = {
    "IP in IPv4": lambda ip: outer(4 if kind_of(ip) == 0x0800 else 41, ip),
    "IP in IPv6": lambda ip: ethernet(0x86DD, ipv6(4 if kind_of(ip) == 0x0800 else 41, ip)),
    "IPv6 routing header": lambda ip: ethernet(
        0x86DD, ipv6(43, bytes((4 if kind_of(ip) == 0x0800 else 41, 2)) + bytes(22) + ip)
    ),
    "authentication header": lambda ip: outer(51, bytes((4 if kind_of(ip) == 0x0800 else 41, 4)) + bytes(22) + ip),
    "Ethernet in IPv6": lambda ip: ethernet(0x86DD, ipv6(143, frame(ip))),
    "EtherIP": lambda ip: outer(97, b"\x30\0" + frame(ip)),
    "MPLS in IP": lambda ip: outer(137, b"\0\1\1\x40" + ip),
    "GRE": lambda ip: outer(47, pack(">HH", 0, kind_of(ip)) + ip),
    "GRE, all fields": lambda ip: outer(47, pack(">HH", 0xB000, kind_of(ip)) + bytes(12) + ip),
    "GRE, source route": lambda ip: outer(
        47, pack(">HH", 0x4000, kind_of(ip)) + bytes(4) + b"\x08\0\0\4" + bytes(4) + bytes(4) + ip
    ),
    "GRE in a VLAN": lambda ip: MACS + b"\x81\0\0\5" + outer(47, pack(">HH", 0, kind_of(ip)) + ip)[12:],
    "GRE, Ethernet": lambda ip: outer(47, pack(">HH", 0, 0x6558) + frame(ip)),
    "NVGRE": lambda ip: outer(47, pack(">HH", 0x2000, 0x6558) + b"\0\0\5\1" + frame(ip)),
    "GRE, MPLS": lambda ip: outer(47, pack(">HH", 0, 0x8847) + b"\0\1\1\x40" + ip),
    "GRE, 802.11": lambda ip: outer(47, pack(">HH", 0, 0x8210) + wifi(ip)),
    "GRE, NSH": lambda ip: outer(47, pack(">HH", 0, 0x894F) + b"\x0f\xc2\2\3" + bytes(4) + frame(ip)),
    "ERSPAN I": lambda ip: outer(47, pack(">HH", 0, 0x88BE) + frame(ip)),
    "ERSPAN II": lambda ip: outer(47, pack(">HH", 0x1000, 0x88BE) + bytes(4) + b"\x10" + bytes(7) + frame(ip)),
    "ERSPAN III": lambda ip: outer(47, pack(">HH", 0x1000, 0x22EB) + bytes(4) + b"\x20" + bytes(11) + frame(ip)),
    "ERSPAN III, platform": lambda ip: outer(
        47, pack(">HH", 0x1000, 0x22EB) + bytes(4) + b"\x20" + bytes(10) + b"\1" + bytes(8) + frame(ip)
    ),
    "PPTP": lambda ip: outer(47, pack(">HHHHII", 0x3081, 0x880B, len(ip) + 4, 5, 1, 1) + b"\xff\3" + ppp(ip)),
    "VXLAN": lambda ip: in_udp(4789, vxlan(frame(ip))),
    "VXLAN, reserved fields in use": lambda ip: in_udp(4789, b"\xff\1\xd1\xf2\0\0\0\x0b" + frame(ip)),
    "VXLAN of old Linux": lambda ip: in_udp(8472, vxlan(frame(ip))),
    "VXLAN over IPv6": lambda ip: ethernet(0x86DD, ipv6(17, udp(50000, 4789, vxlan(frame(ip))))),
    "VXLAN-GPE": lambda ip: in_udp(4790, b"\x0c\0\0" + bytes((1 if kind_of(ip) == 0x0800 else 2,)) + b"\0\0\5\0" + ip),
    "three VXLANs": lambda ip: in_udp(4789, vxlan(in_udp(4789, vxlan(in_udp(4789, vxlan(frame(ip))))))),
    "Geneve": lambda ip: in_udp(6081, pack(">BBHI", 0, 0, 0x6558, 5 << 8) + frame(ip)),
    "Geneve, options, IP": lambda ip: in_udp(6081, pack(">BBHI", 2, 0, kind_of(ip), 5 << 8) + bytes(8) + ip),
    "VXLAN in Geneve": lambda ip: in_udp(6081, pack(">BBHI", 0, 0, 0x6558, 5 << 8) + in_udp(4789, vxlan(frame(ip)))),
    "GTP-U": lambda ip: in_udp(2152, pack(">BBHI", 0x30, 0xFF, len(ip), 5) + ip),
    "GTP-U, sequence": lambda ip: in_udp(2152, pack(">BBHI", 0x32, 0xFF, len(ip) + 4, 5) + bytes(4) + ip),
    "GTP-U, extensions": lambda ip: in_udp(
        2152, pack(">BBHI", 0x34, 0xFF, 0, 5) + b"\0\0\0\x85" + b"\1\x10\0\x85" + b"\2" + bytes(6) + b"\0" + ip
    ),
    "GTP version 0": lambda ip: in_udp(3386, b"\x1e\xff" + bytes(18) + ip),
    "GRE in UDP": lambda ip: in_udp(4754, pack(">HH", 0, kind_of(ip)) + ip),
    "MPLS in UDP": lambda ip: in_udp(6635, b"\0\1\1\x40" + ip),
    "AYIYA": lambda ip: in_udp(
        5072, bytes((0x44, 0x52, 0x11, 4 if kind_of(ip) == 0x0800 else 41)) + bytes(4 + 16 + 20) + ip
    ),
    "L2TP": lambda ip: in_udp(1701, pack(">HHH", 2, 1, 2) + b"\xff\3" + ppp(ip)),
    "L2TP, all fields": lambda ip: in_udp(
        1701, pack(">HHHHHHH", 0x4A02, 0, 1, 2, 3, 4, 2) + b"\0\0" + b"\xff\3" + ppp(ip)
    ),
    "LISP": lambda ip: in_udp(4341, bytes(8) + ip),
    "TZSP": lambda ip: in_udp(37008, b"\1\0\0\1" + b"\x0a\1\5" + b"\0" + b"\1" + frame(ip)),
    "TZSP, 802.11": lambda ip: in_udp(37008, b"\1\0\0\x12\1" + wifi(ip)),
}
"""Tunnels in IP, as Ethernet frames."""
