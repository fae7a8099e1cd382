"""Builds the kernel filter: frames of the monitored ports that also match the user's expression.

The decoder checks the ports again, so the kernel may pass too much but never too little: it also passes packets that
hide their ports, such as fragments and tunnels. Without libpcap everything passes, and a sentence says so.
"""

import re
from typing import Final, NamedTuple

from capture import bpf
from capture.errors import BadFilter, LibpcapMissing
from capture.libpcap import HOW_TO_GET_LIBPCAP, compile_filter
from capture.ports import Ports
from traffic.frame import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2

_MOST_RANGES: Final = 48  # beyond this, accept all TCP to keep the program short
_MOST_QUIC_RANGES: Final = 8
_EXTENSION_HEADERS: Final = (0, 43, 44, 51, 60)  # RFC 8200: headers between IPv6 and TCP
_TUNNELS: Final = (4, 41, 47, 94, 97, 137, 143)  # IPv4, IPv6, GRE, IPv4, EtherIP, MPLS and Ethernet inside IP
_TUNNEL_PORTS: Final = (1701, 2152, 3386, 3544, 4341, 4754, 4789, 4790, 5072, 6081, 6635, 8472, 37008)
"""L2TP, GTP-U, GTP version 0, Teredo, LISP, GRE, VXLAN, VXLAN-GPE, AYIYA, Geneve, MPLS, legacy VXLAN, TZSP."""
_LABELLED: Final = (0x8847, 0x8848, 0x8864, 0x88E7, 0x8903, 0x22F3, 0x88E5, 0x894F, 0x8926, 0x8909, 0xF1C1, 0x892F)
"""MPLS, PPPoE session, 802.1ah, FabricPath, TRILL, MACsec, NSH, VN-Tag, Cisco MetaData, 802.1CB, HSR."""
_RADIO: Final = (105, 119, 127, 163, 192)
"""Link types of 802.11, with and without radio headers."""
_TAGGED: Final = (0x8100, 0x88A8, 0x9100)
_NAMES_ITS_VERSION: Final = (
    "((ip and (udp[8] & 0x80 != 0 or udp[8] & 0xc1 = 1)) or (ip6 and (ip6[48] & 0x80 != 0 or ip6[48] & 0xc1 = 1)))"
)
"""The unencrypted header of a QUIC packet (RFC 8999, or Google's predecessor)."""
_LONGEST: Final = 1800  # instructions per program; the kernel allows 4096 in total
_VLAN_WORD: Final = re.compile(r"\bvlan\b")

_DNS_PORTS: Final = "port 53 or port 5355 or udp port 5353"
"""DNS, LLMNR and multicast DNS."""
_ASKS_ONE: Final = "((ip and udp[12:2] = 1) or (ip6 and ip6[52:2] = 1))"
"""A DNS message with one question."""


class KernelFilter(NamedTuple):
    """A filter for a socket."""

    program: bpf.Program
    """The program for a Linux packet socket."""
    expression: str
    """The same filter as an expression, for sockets of other systems; empty if there is none."""
    remainder: str
    """The expression to check in this process, on whole frames; empty if there is none."""
    sentences: list[str]
    """Messages for the user."""


def ports_expression(ports: Ports, link_type: int) -> str:
    """Return the expression that matches all frames that may hold TCP on one of the ports."""
    if link_type in _RADIO:
        # Skipping headers of variable length takes many instructions, so all UDP passes.
        return f"{_network_expression(ports)} or udp"
    network = f"{_network_expression(ports)} or {_datagram_expression(ports)}"
    if link_type == LINKTYPE_ETHERNET:
        # Each `vlan` shifts the offsets of everything after it by one tag, so only this order works.
        frame = f"{network} or {_ether(_LABELLED)}"
        return f"{frame} or (vlan and ({frame} or (vlan and ({frame}))))"
    if link_type in (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2):
        return f"{network} or {_ether(_LABELLED)} or {_ether(_TAGGED)}"
    return network


def quic_expression(ports: Ports) -> str:
    """Return the expression that matches all packets of QUIC on the port of HTTP/3 and on the ports."""
    if ports.is_any() or len(ports.ranges()) > _MOST_QUIC_RANGES:
        return "udp"
    ranges = [(443, 443), *ports.ranges()]
    return "udp and (" + " or ".join(_port_expression(first, last) for first, last in ranges) + ")"


def choose(ports: Ports | None, expression: str, link_type: int, snap_length: int, also: str = "") -> KernelFilter:
    """Choose the filter for frames of `link_type`. `ports` None means all traffic; `also` is matched besides the ports.

    Raises:
        BadFilter: The user's expression is invalid.
        LibpcapMissing: There is an expression, but no libpcap to compile it.
    """
    user = compile_filter(expression, link_type) if expression.strip() else b""
    wanted = ports_expression(ports, link_type) if ports is not None else ""
    wanted = f"({also}) or {wanted}" if also and wanted else wanted  # first, because `vlan` shifts the offsets after it
    try:
        parts = [_fitted(compile_filter(wanted, link_type), link_type)] if wanted else []
    except LibpcapMissing:
        sentence = f"libpcap is missing, so this program must filter every packet itself; {HOW_TO_GET_LIBPCAP}"
        return KernelFilter(bpf.accept(snap_length), "", "", [sentence])
    except (BadFilter, bpf.NotForKernelError):
        sentence = f"no kernel filter for link type {link_type}, so this program must filter every packet itself"
        return KernelFilter(bpf.accept(snap_length), "", expression if user else "", [sentence])
    remainder = ""
    if user:
        try:
            parts.append(_users(user, expression, link_type))
        except bpf.NotForKernelError:
            remainder = expression
    combined = f"({expression}) and ({wanted})" if user and wanted else expression if user else wanted
    return KernelFilter(bpf.all_of(parts, snap_length), combined, remainder, [])


def _users(code: bytes, expression: str, link_type: int) -> bpf.Program:
    if _VLAN_WORD.search(expression):
        # Linux removes the outer tag from a frame before the socket filter sees it.
        raise bpf.NotForKernelError("VLAN tags are not in the frame yet")
    return _fitted(code, link_type)


def _fitted(code: bytes, link_type: int) -> bpf.Program:
    steps = bpf.program(code)
    if link_type == LINKTYPE_LINUX_SLL2:
        steps = bpf.for_cooked_socket(steps)
    if len(steps) > _LONGEST:
        raise bpf.NotForKernelError("the program is too long")
    return bpf.all_of([steps], 1)


def _network_expression(ports: Ports) -> str:
    ranges = ports.ranges()
    if ports.is_any() or len(ranges) > _MOST_RANGES:
        watched = "tcp"
    else:
        watched = "tcp and (" + " or ".join(_port_expression(first, last) for first, last in ranges) + ")"
    later_fragment = "(ip and ip[6:2] & 0x1fff != 0)"
    inside = " or ".join(f"ip proto {number}" for number in _TUNNELS)
    inside6 = " or ".join(f"ip6[6] = {number}" for number in (*_EXTENSION_HEADERS, *_TUNNELS))
    return f"({watched}) or {later_fragment} or {inside} or (ip6 and ({inside6}))"


def _datagram_expression(ports: Ports) -> str:
    """Return the part for tunnels in UDP and the first packets of QUIC connections; other QUIC stays in the kernel."""
    tunnelled = " or ".join(f"port {port}" for port in _TUNNEL_PORTS)
    ranges = ports.ranges()
    quic = [(443, 443), *ranges] if len(ranges) <= _MOST_QUIC_RANGES else [(443, 443)]
    listed = (
        "" if ports.is_any() else "(" + " or ".join(_port_expression(first, last) for first, last in quic) + ") and "
    )
    return f"(udp and ({tunnelled} or ({listed}{_NAMES_ITS_VERSION})))"


def dns_expression(ports: Ports) -> str:
    """Return the expression that matches DNS on its own ports, and in datagrams on monitored ports."""
    ranges = ports.ranges()
    few = len(ranges) <= _MOST_QUIC_RANGES and not ports.is_any()
    listed = "(" + " or ".join(_port_expression(first, last) for first, last in ranges) + ") and " if few else ""
    return f"{_DNS_PORTS} or (udp and {listed}{_ASKS_ONE})"


def _port_expression(first: int, last: int) -> str:
    return f"port {first}" if first == last else f"portrange {first}-{last}"


def _ether(protocols: tuple[int, ...]) -> str:
    return " or ".join(f"ether proto {number:#x}" for number in protocols)
