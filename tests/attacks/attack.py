"""What an attack is."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

Packets = Iterator[bytes]


class Attack(NamedTuple):
    """One attack, and what the monitor must report."""

    packets: Callable[[int], Packets]
    size: int
    """Full size, as in the table; the tests use smaller ones."""
    unit: str
    named: tuple[str, ...]
    """Counters that must be on screen at any size; see `measure.counted`."""
    flood: tuple[str, ...] = ()
    """Counters that must also be on screen at full size."""
    core_only: bool = False
    """Whether the Python reference does not decode the protocol."""
    statistics: tuple[str, ...] = ()
    """Statistics that count what it sends, besides those that are on by default."""
    keys: Callable[[int], bytes] | None = None
    """The key log to decrypt it with; without one, nothing is decrypted."""
