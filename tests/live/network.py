"""Creates and removes two network namespaces joined by a veth pair."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Side(NamedTuple):
    """One of the two namespaces."""

    interface: str
    address: str
    inside: list[str]
    """The command that runs another command in it."""


def ip(*arguments: str) -> None:
    """Run `ip` with these arguments."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=60)


@contextmanager
def veth_pair() -> Iterator[tuple[Side, Side]]:
    """Yield a namespace for the server and one for the client, which reach only each other."""
    names = [f"monitor-{side}-{os.getpid()}" for side in ("server", "client")]
    sides = [Side("veth0", f"10.203.0.{i}", ["ip", "netns", "exec", name]) for i, name in enumerate(names, 1)]
    made = []
    try:
        for name in names:
            ip("netns", "add", name)
            made.append(name)
        ip("link", "add", "veth0", "netns", names[0], "type", "veth", "peer", "name", "veth0", "netns", names[1])
        for name, side in zip(names, sides, strict=True):
            ip("-n", name, "address", "add", f"{side.address}/24", "dev", side.interface)
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", side.interface, "up")
        yield sides[0], sides[1]
    finally:
        for name in made:
            ip("netns", "delete", name)


def vlan(sides: tuple[Side, Side], number: int) -> tuple[Side, Side]:
    """The same with an interface for a VLAN on each side, and addresses in there.

    Raises:
        subprocess.CalledProcessError: this kernel has no such interfaces.
    """
    tagged = []
    for i, side in enumerate(sides, 1):
        name, interface, address = side.inside[-1], f"{side.interface}.{number}", f"10.204.0.{i}"
        link = ["link", "add", "link", side.interface, "name", interface, "type", "vlan", "id", str(number)]
        ip("-n", name, *link)
        ip("-n", name, "address", "add", f"{address}/24", "dev", interface)
        ip("-n", name, "link", "set", interface, "up")
        tagged.append(Side(interface, address, side.inside))
    return tagged[0], tagged[1]
