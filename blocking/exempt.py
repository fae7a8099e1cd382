"""Who is never blocked: proxies, the allow list, this host, and addresses that are no client's. Pure."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

from traffic.forwarding import canonical_text, numeric_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NEVER: Final = tuple(map(ip_network, ("0.0.0.0/8", "224.0.0.0/3", "::/128", "ff00::/8")))
"""No client has these: unspecified, multicast, reserved and broadcast addresses."""
LOOPBACK: Final = tuple(map(ip_network, ("127.0.0.0/8", "::1/128")))


class Exempt:
    """Networks that no block may touch."""

    def __init__(self, networks: Iterable[str], own: Iterable[str] = (), *, blocks_own: bool = False) -> None:
        """`networks` are addresses and networks; `own` are addresses of this host, which are exempt like loopback
        unless `blocks_own`.
        """
        given = [ip_network(each) for each in networks]
        local = () if blocks_own else (*LOOPBACK, *map(ip_network, own))
        self._networks: tuple[Network, ...] = (*NEVER, *given, *local)

    def includes(self, network: Network) -> bool:
        """Return whether any address of the network is exempt."""
        return any(overlap(network, each) for each in self._networks)

    def texts(self) -> list[str]:
        """Return the networks as text."""
        return [str(each) for each in self._networks]


def overlap(one: Network, other: Network) -> bool:
    """Return whether two networks have an address in common."""
    if isinstance(one, IPv4Network):
        return isinstance(other, IPv4Network) and one.overlaps(other)
    return isinstance(other, IPv6Network) and one.overlaps(other)


def parsed(text: str) -> Address | None:
    """Return an address; None if the text is none. One of IPv4 in IPv6 becomes IPv4."""
    address = numeric_address(text.encode("ascii", "replace"))
    return None if address is None else numeric_address(canonical_text(address).encode())


def network_of(address: Address, prefix_v4: int, prefix_v6: int) -> Network:
    """Return the network of an address that is blocked as a whole."""
    length = prefix_v4 if isinstance(address, IPv4Address) else prefix_v6
    return ip_network((address, length), strict=False)


def text_of(network: Network) -> str:
    """Return a network as fronts write it: a single address without its length."""
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if single else str(network)
