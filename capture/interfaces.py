"""The network interfaces of this machine, as found by Scapy. Scapy is imported on demand because that is slow."""

import difflib
from typing import NamedTuple


class Interface(NamedTuple):
    """One network interface."""

    name: str
    addresses: tuple[str, ...]
    """IPv4 addresses, then IPv6 addresses."""
    state: str
    """`up` or `down`."""


def interfaces() -> list[Interface]:
    """Return all current interfaces, sorted by name."""
    import scapy.arch  # noqa: F401 - it registers the interface providers of this system
    from scapy.config import conf

    conf.ifaces.reload()
    found = [
        Interface(
            name=str(device.name),
            addresses=(*map(str, device.ips[4]), *map(str, device.ips[6])),
            state="up" if getattr(device.flags, "UP", True) else "down",
        )
        for device in conf.ifaces.values()
        if not device.dummy
    ]
    return sorted(found)


def nearest(name: str) -> list[str]:
    """Return the names of all interfaces, most similar to `name` first."""

    def unlike(known: str) -> tuple[float, str]:
        return -difflib.SequenceMatcher(None, name.lower(), known.lower()).ratio(), known

    return sorted((interface.name for interface in interfaces()), key=unlike)
