"""The contract of a statistic: what to count, and for which key. All else is derived from the sums.

It says so in one of two ways:

- `columns`, names of columns of `traffic.batch`, and `key(self, ...)` with a parameter for each. The store calls it
  once for each distinct combination of a batch, with None for what is absent. `amount`, if it has one, is the name of a
  column of numbers. `where(table)`, if it has one, says which rows count, as an array of booleans: where few do, few
  keys are made. A row whose amount is absent does not count; one that is below 0 counts as 0, and with 0 a row
  counts in a statistic of SECONDS alone.
  `responses = False` leaves out the bytes and the times of responses, which are counted beside its own amounts.
- `key(self, record)`, which is called for each record, and costs some six times as much; and `amount(self, record)`,
  if it has one.
"""

from collections.abc import Callable
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
    """A plug-in. It may also have `columns` and `amount`, see above."""

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

    @property
    def key(self) -> Callable[..., str | None]:
        """The key that a record counts for, or records with these texts and numbers; None when they do not count."""


class ScapyPacket(NamedTuple):
    """A record for the plug-ins that want whole packets, of any protocol."""

    time: float
    """Capture time, in seconds since the epoch."""
    packet: Any
    """A `scapy.packet.Packet`, dissected."""
