"""Addresses and networks as 16 bytes, IPv4 as mapped addresses (RFC 4291 section 2.5.5.2), so that they sort as one."""

from bisect import bisect_right
from ipaddress import IPv4Network, IPv6Network, ip_network
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Final

_MAPPED: Final = b"\x00" * 10 + b"\xff\xff"
_MAPPED_BITS: Final = 96
BROADEST: Final = {4: 8, 6: 20}
"""Shortest prefixes of networks that an indicator may have: registries give no provider more than these."""


def packed(text: str) -> bytes | None:
    """Return an address as 16 bytes; None if it is none."""
    try:
        return inet_pton(AF_INET6, text) if ":" in text else _MAPPED + inet_pton(AF_INET, text)
    except (OSError, ValueError):  # ValueError: a character that is not ASCII, or NUL
        return None


def address_of(text: str) -> str:
    """Return an address in the form of the traffic, without port and brackets; empty if it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    if not text[:1].isdigit() and ":" not in text:
        return ""
    found = packed(text)
    if found is None or ":" not in text:
        return "" if found is None else text
    return inet_ntop(AF_INET, found[12:]) if found.startswith(_MAPPED) else inet_ntop(AF_INET6, found)


def network_of(text: str) -> str:
    """Return a network such as `198.51.100.0/24`, whatever its host bits; an address if it has only one."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return ""
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped is not None:
        if network.prefixlen < _MAPPED_BITS:
            return ""
        network = IPv4Network((network.network_address.ipv4_mapped, network.prefixlen - _MAPPED_BITS))
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def bounds(network: str) -> tuple[bytes, bytes, int]:
    """Return the first and last address of a network in the form of `network_of`, and the bits of its prefix."""
    first, _, length = network.partition("/")
    begin = packed(first) or bytes(16)
    bits = int(length) if ":" in first else int(length) + _MAPPED_BITS
    end = int.from_bytes(begin, "big") | ((1 << (128 - bits)) - 1)
    return begin, end.to_bytes(16, "big"), bits


def is_broad(network: str) -> bool:
    """Return whether a network holds so much of the Internet that listing it must be an error."""
    first, _, length = network.partition("/")
    return int(length) < BROADEST[6 if ":" in first else 4]


def is_private(text: str) -> bool:
    """Return whether an address, or part of a network, never leaves a network (RFC 6890); examples may be anywhere."""
    if "/" in text:
        first, last, _ = bounds(text)
    else:
        first = last = packed(text) or b""
    place = bisect_right(_STARTS, last) - 1
    return place >= 0 and _ENDS[place] >= first


_STARTS, _ENDS, _ = zip(
    *sorted(
        map(
            bounds,
            (
                "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                "192.168.0.0/16", "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
            ),
        )
    ),
    strict=True,
)  # fmt: skip
