"""Creates and removes network namespaces: two joined by a veth pair, or several around one."""

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


@contextmanager
def star(hosts: int) -> Iterator[tuple[list[str], list[tuple[Side, str]]]]:
    """Yield the command that runs a command in the middle, and for each host its side and the middle's address for it.

    Each host reaches only the middle.
    """
    middle, *names = [f"monitor-{name}-{os.getpid()}" for name in ("middle", *map(str, range(1, hosts + 1)))]
    made, sides = [], []
    try:
        for name in (middle, *names):
            ip("netns", "add", name)
            made.append(name)
            ip("-n", name, "link", "set", "lo", "up")
        for number, name in enumerate(names, 1):
            its, ours = f"10.205.{number}.2", f"10.205.{number}.1"
            ip("link", "add", "veth0", "netns", name, "type", "veth", "peer", "name", f"veth{number}", "netns", middle)
            ip("-n", name, "address", "add", f"{its}/24", "dev", "veth0")
            ip("-n", middle, "address", "add", f"{ours}/24", "dev", f"veth{number}")
            ip("-n", name, "link", "set", "veth0", "up")
            ip("-n", middle, "link", "set", f"veth{number}", "up")
            sides.append((Side("veth0", its, ["ip", "netns", "exec", name]), ours))
        yield ["ip", "netns", "exec", middle], sides
    finally:
        for name in made:
            ip("netns", "delete", name)
