"""Whether addresses are in a list of networks. Pure."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detection.exchanges import marked
from traffic.batch import Table

OWN: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "::1", "fc00::/7",
              "fe80::/10")  # fmt: skip
"""Private networks, and this host."""
CACHED: Final = 8192
"""Addresses whose result is cached."""


def within(networks: Sequence[str]) -> Callable[[str], bool]:
    """Return a function that tells whether an address, as text, is in one of the networks.

    Raises:
        ValueError: one is not a network.
    """
    known = [ip_network(network) for network in networks]

    @lru_cache(maxsize=CACHED)
    def is_within(text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in known)

    return is_within


def leaving(table: Table, is_own: Callable[[str], bool], by_proxy: bool = True) -> NDArray[np.bool_]:
    """Mark the rows of own clients with servers outside; with `by_proxy`, exchanges through a proxy inside, too."""
    inside: NDArray[np.bool_] = marked(table.texts("client"), is_own)
    if not inside.any():
        return inside
    outside = marked(table.texts("server"), lambda server: not is_own(server))
    if by_proxy:
        outside |= marked(table.texts("target"), lambda target: target.startswith("http://"))
    return inside & outside


@lru_cache(maxsize=CACHED)
def prefix_of(text: str) -> str:
    """Return the network that usually has one owner: /24 of IPv4, /64 of IPv6; empty if it is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if address.version == 4:
        return f"{text.rpartition('.')[0]}.0/24"
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
