"""The contract of a statistic: what to count of one record. All else is derived from the sums."""

from enum import Enum
from typing import Any, NamedTuple, Protocol


class Unit(Enum):
    """What the sums of a statistic mean, and so how they are ranked and shown."""

    HITS = "hits"
    """How often a key came: the count."""
    BYTES = "bytes"
    """How much a key moved: the total of the amounts."""
    SECONDS = "seconds"
    """How long a key took on average: the total of the amounts by the count."""


HITS, BYTES, SECONDS = Unit.HITS, Unit.BYTES, Unit.SECONDS


class Statistic(Protocol):
    """A plug-in. It may also have `amount(record) -> float`, what to add to the total (else 1 is added)."""

    @property
    def name(self) -> str:
        """Name of the file it is in, and in `Config.statistics`."""

    @property
    def title(self) -> str:
        """Heading of its panel."""

    @property
    def unit(self) -> Unit:
        """What its sums mean."""

    @property
    def record(self) -> type:
        """The record it counts: one of `traffic.records`, as `Request`, or `ScapyPacket` for whole packets.

        It says what is captured too: packets of any kind for `IpPacket` and `ScapyPacket`, DNS for `DnsAnswer`.
        """

    def key(self, record: Any) -> str | None:
        """The key that the record counts for; None when it does not count."""
        ...


class ScapyPacket(NamedTuple):
    """A record for the plug-ins that want whole packets, of any protocol."""

    time: float
    """Capture time, in seconds since the epoch."""
    packet: Any
    """A `scapy.packet.Packet`, dissected."""
