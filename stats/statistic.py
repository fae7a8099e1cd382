"""The contract of a statistic: what to count, and under which key. Everything else follows from the sums.

There are two ways to write one:

- `columns` names columns of `traffic.batch`, and `key(self, ...)` has a parameter for each. The store calls it once for
  each distinct combination in a batch, with None for absent values. Optionally, `amount` names a column of numbers, and
  `where(table)` selects the rows that count, as an array of booleans; if only a few count, few keys are made. A row
  with an absent amount does not count, and a negative amount counts as 0. A row with the amount 0 counts only in a
  statistic of SECONDS. `responses = False` leaves out the bytes, times and errors of responses, which are otherwise
  counted beside the statistic's own amounts.
- `key(self, record)` is called for each record, which costs about six times as much. Optionally, `amount(self, record)`
  returns the amount.

`only_when_seen = True` hides the panel until something was counted, for traffic that many sites do not have. Keys in
`usual`, if there are any, do not count for that.
"""

from collections.abc import Callable, Collection
from enum import Enum
from typing import Any, NamedTuple, Protocol

from traffic.records import Exchange, Request


class Unit(Enum):
    """What the sums of a statistic mean, which decides how they are ranked and shown."""

    HITS = "hits"
    """How often a key occurred: the count."""
    BYTES = "bytes"
    """How many bytes a key moved: the sum of the amounts."""
    SECONDS = "seconds"
    """How long a key took on average: the sum of the amounts divided by the count."""


HITS, BYTES, SECONDS = Unit.HITS, Unit.BYTES, Unit.SECONDS


class Statistic(Protocol):
    """A plug-in. It may also have the optional attributes described above."""

    @property
    def name(self) -> str:
        """Name of its file, as in `Config.statistics`."""

    @property
    def title(self) -> str:
        """Heading of its panel."""

    @property
    def unit(self) -> Unit:
        """What its sums mean."""

    @property
    def record(self) -> type:
        """The record it counts: one of `traffic.records`, such as `Request`, or `ScapyPacket` for whole packets.

        It also decides what is captured: all packets for `IpPacket` and `ScapyPacket`, DNS for `DnsAnswer`.
        """

    @property
    def key(self) -> Callable[..., str | None]:
        """Returns the key of a record, or of rows with these values; None if they do not count."""


def counts_responses(statistic: Statistic) -> bool:
    """Return whether bytes, times and errors of responses are counted for its keys."""
    return statistic.record in (Request, Exchange) and bool(getattr(statistic, "responses", True))


def only_when_seen(statistic: Statistic) -> bool:
    """Return whether its panel is hidden until it has counted something."""
    return bool(getattr(statistic, "only_when_seen", False))


def usual_keys(statistic: Statistic) -> Collection[str]:
    """Return the keys that are no reason to show such a panel."""
    usual: Collection[str] = getattr(statistic, "usual", ())
    return usual


class ScapyPacket(NamedTuple):
    """A whole packet of any protocol, for plug-ins that need it."""

    time: float
    """Capture time in seconds since the epoch."""
    packet: Any
    """The dissected `scapy.packet.Packet`."""
