"""What the monitor asks of the process with the bouncer. Pure.

A request is lines of `NETWORK UNTIL`: a network to refuse until a second since the epoch, or no more if that is 0. Who
reads it distrusts it: it may come from hostile code that took over the monitor.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from typing import Final

from blocking.exempt import Network, overlap, text_of

LONGEST: Final = 2**15
"""Bytes of a message."""
AT_ONCE: Final = 300
"""Lines of a request; each has at most 70 bytes."""
READY: Final = "ready"
"""The first answer, if all is well; otherwise, and later, answers say in one line what is wrong, or nothing."""


@dataclass(frozen=True)
class Bounds:
    """What may be asked."""

    prefix_v4: int
    prefix_v6: int
    """Length of the networks."""
    never: tuple[Network, ...]
    """Networks that are never refused."""
    most: int
    """Networks at a time."""
    longest: float
    """Seconds from now."""


def request(changes: Iterable[tuple[str, float]]) -> bytes:
    """Return a request for at most AT_ONCE changes."""
    return "".join(f"{network} {until:.3f}\n" for network, until in changes).encode("ascii")


def changes_in(message: bytes, bounds: Bounds, now: float) -> tuple[dict[str, float], str]:
    """Return the changes of a request, networks with the time until which each is refused, or 0; and in one line what
    else it asked that it may not, or nothing.
    """
    changes: dict[str, float] = {}
    refused = ""
    for line in message.decode("ascii", "replace").splitlines():
        network, _, until = line.partition(" ")
        try:
            changes[_network(network, bounds)] = _until(until, bounds, now)
        except ValueError as error:
            refused = f"a request was refused: {str(error)[:100]}"
    return changes, refused


def _network(text: str, bounds: Bounds) -> str:
    network = ip_network(text)
    if network.prefixlen != (bounds.prefix_v4 if isinstance(network, IPv4Network) else bounds.prefix_v6):
        raise ValueError(f"{network} has another length")
    if any(overlap(network, each) for each in bounds.never):
        raise ValueError(f"{network} is never blocked")
    return text_of(network)


def _until(text: str, bounds: Bounds, now: float) -> float:
    until = float(text)
    if not (until == 0.0 or until - now <= bounds.longest):  # also if it is not a number
        raise ValueError(f"{text} is too far away")
    return until
