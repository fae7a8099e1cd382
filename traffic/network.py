"""Frames down to TCP segments: link layers, VLAN tags, IPv4 and IPv6, with fragments put together.

Checksums are not looked at: with offloading and on loopback they are wrong as a rule.
"""

from struct import Struct
from typing import Final, NamedTuple

from traffic.fragments import Fragments
from traffic.frame import (
    LINKTYPE_ETHERNET,
    LINKTYPE_IPV4,
    LINKTYPE_IPV6,
    LINKTYPE_LINUX_SLL,
    LINKTYPE_LINUX_SLL2,
    LINKTYPE_LOOP,
    LINKTYPE_NULL,
    LINKTYPE_RAW,
)
from traffic.health import Health
from traffic.limits import Budget, Limits

_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_VLAN_TYPES: Final = frozenset({0x8100, 0x88A8, 0x9100, 0x9200})
_TCP: Final = 6
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _DESTINATION = 0, 43, 44, 60
_EXTENSIONS: Final = frozenset({_HOP_BY_HOP, _ROUTING, _DESTINATION, 135, 139, 140})
_AUTHENTICATION: Final = 51
_FAMILIES: Final = {2: _IPV4, 10: _IPV6, 24: _IPV6, 28: _IPV6, 30: _IPV6}
"""Address families of BSD loopback: AF_INET, and the AF_INET6 of Linux, NetBSD, FreeBSD and macOS."""

_short: Final = Struct(">H")


class Packet(NamedTuple):
    """A TCP segment within `data`."""

    key: bytes
    """Source and destination address, source and destination port, then any VLAN tags: one direction of a flow."""
    data: bytes
    start: int
    """Index of its TCP header."""
    end: int
    """Index after its last captured byte."""
    cut: int
    """Bytes of the segment that were not captured."""


class Network:
    """Finds the TCP segments in frames."""

    def __init__(self, limits: Limits, health: Health, budget: Budget) -> None:
        self._health = health
        self._fragments = Fragments(limits.fragment_timeout, health, budget)

    def packet(self, time: float, link_type: int, data: bytes) -> Packet | None:
        """The TCP segment of a frame; None when there is none, or its datagram is not complete yet."""
        try:
            kind, start, tag = _payload(link_type, data)
            if kind == _IPV4:
                return self._ipv4(time, data, start, tag)
            if kind == _IPV6:
                return self._ipv6(time, data, start, tag)
        except IndexError:
            self._health.oddities["truncated frame"] += 1
        return None

    def expire(self, now: float) -> None:
        """Forget fragments whose datagram did not become complete in time."""
        self._fragments.expire(now)

    def _ipv4(self, time: float, data: bytes, start: int, tag: bytes) -> Packet | None:
        first = data[start]
        header = (first & 15) * 4
        if first >> 4 != 4 or header < 20:
            self._health.oddities["bad IPv4 header"] += 1
            return None
        total = data[start + 2] << 8 | data[start + 3]
        # Segmentation offload hands over packets of more than 64 KiB with a length of 0.
        end = start + total if total else len(data)
        if total and total < header:
            self._health.oddities["bad IPv4 header"] += 1
            return None
        cut = max(0, end - len(data))
        fragment = (data[start + 6] & 0x3F) << 8 | data[start + 7]
        if fragment:
            ident = data[start + 12 : start + 20] + data[start + 4 : start + 6] + data[start + 9 : start + 10] + tag
            offset, more = (fragment & 0x1FFF) * 8, bool(fragment & 0x2000)
            whole = self._fragments.add(time, ident, offset, more, b"" if cut else data[start + header : end])
            if whole is None or data[start + 9] != _TCP:
                return None
            return self._tcp(data[start + 12 : start + 20], whole, 0, len(whole), 0, tag)
        if data[start + 9] != _TCP:
            return None
        return self._tcp(data[start + 12 : start + 20], data, start + header, end - cut, cut, tag)

    def _ipv6(self, time: float, data: bytes, start: int, tag: bytes) -> Packet | None:
        if data[start] >> 4 != 6:
            self._health.oddities["bad IPv6 header"] += 1
            return None
        size = data[start + 4] << 8 | data[start + 5]
        addresses = data[start + 8 : start + 40]
        kind, place = data[start + 6], start + 40
        end = place + size if size else len(data)
        cut = max(0, end - len(data))
        for _ in range(16):
            if kind == _TCP:
                return self._tcp(addresses, data, place, end - cut, cut, tag)
            if kind in _EXTENSIONS:
                kind, place = data[place], place + 8 + data[place + 1] * 8
            elif kind == _AUTHENTICATION:
                kind, place = data[place], place + 8 + data[place + 1] * 4
            elif kind == _FRAGMENT:
                field = data[place + 2] << 8 | data[place + 3]
                kind, ident = data[place], addresses + data[place + 4 : place + 8] + tag
                if field & 0xFFF9:
                    part = b"" if cut else data[place + 8 : end]
                    whole = self._fragments.add(time, ident, field & 0xFFF8, bool(field & 1), part)
                    if whole is None:
                        return None
                    data, place, end, cut = whole, 0, len(whole), 0
                else:
                    place += 8
            else:
                return None
        self._health.oddities["too many IPv6 extension headers"] += 1
        return None

    def _tcp(self, addresses: bytes, data: bytes, start: int, end: int, cut: int, tag: bytes) -> Packet | None:
        if end - start < 20:
            self._health.oddities["truncated TCP header"] += 1
            return None
        return Packet(addresses + data[start : start + 4] + tag, data, start, end, cut)


def _payload(link_type: int, data: bytes) -> tuple[int, int, bytes]:
    """EtherType of what a frame carries, where it starts, and the VLAN tags."""
    if link_type == LINKTYPE_ETHERNET:
        return _ethertype(data, 12)
    if link_type == LINKTYPE_LINUX_SLL:
        return _ethertype(data, 14)
    if link_type == LINKTYPE_LINUX_SLL2:
        kind = data[0] << 8 | data[1]
        return (kind, 20, b"") if kind not in _VLAN_TYPES else _tags(kind, data, 20)
    if link_type == LINKTYPE_NULL:
        family = int.from_bytes(data[:4], "little")
        family = family if family < 65536 else int.from_bytes(data[:4], "big")
        return _FAMILIES.get(family, 0), 4, b""
    if link_type == LINKTYPE_LOOP:
        return _FAMILIES.get(int.from_bytes(data[:4], "big"), 0), 4, b""
    if link_type in (LINKTYPE_RAW, LINKTYPE_IPV4, LINKTYPE_IPV6):
        return {4: _IPV4, 6: _IPV6}.get(data[0] >> 4, 0), 0, b""
    return 0, 0, b""


def _ethertype(data: bytes, place: int) -> tuple[int, int, bytes]:
    kind = data[place] << 8 | data[place + 1]
    return (kind, place + 2, b"") if kind not in _VLAN_TYPES else _tags(kind, data, place + 2)


def _tags(kind: int, data: bytes, place: int) -> tuple[int, int, bytes]:
    """Pass over VLAN tags (IEEE 802.1Q); they tell apart flows that have the same addresses."""
    tag = b""
    while kind in _VLAN_TYPES and len(tag) < 16:
        tag += _short.pack((data[place] & 0x0F) << 8 | data[place + 1])
        kind, place = data[place + 2] << 8 | data[place + 3], place + 4
    return kind, place, tag
