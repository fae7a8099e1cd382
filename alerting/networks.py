"""Networks of clients: /24 of IPv4, /48 of IPv6, so that many addresses of one operator count as one."""

from ipaddress import AddressValueError, IPv6Address

_IPV6_BITS = 80
"""Bits of an address that are not part of its network."""


def network(client: str) -> str:
    """Return the network of an address; a text that is not an address stands for itself."""
    if ":" not in client:
        parts = client.rsplit(".", 1)
        return f"{parts[0]}.0/24" if len(parts) == 2 and parts[1].isdecimal() else client
    try:
        whole = int(IPv6Address(client.partition("%")[0]))
    except AddressValueError:
        return client
    return f"{IPv6Address(whole >> _IPV6_BITS << _IPV6_BITS)}/48"
