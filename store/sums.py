"""What the store answers with."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from store.distribution import NO_TIMES, Distribution


@dataclass(frozen=True)
class Sums:
    """What is known of a key, or of all keys, in a bucket or a window. Any two add up."""

    count: int
    """How often."""
    total: float
    """In the statistic's unit: bytes or seconds; the count again where a statistic has no amount."""
    volume: int = 0
    """Body bytes of the responses."""
    timed: int = 0
    """Exchanges whose response time is known."""
    seconds: float = 0.0
    """The sum of these response times; of the statistic's own amounts, where it counts seconds."""
    times: Distribution = NO_TIMES
    """How they are distributed. May reach back further than the sums do: see `store.slices`."""

    @property
    def average(self) -> float | None:
        """Seconds; None where nothing was timed."""
        return self.seconds / self.timed if self.timed else None


NOTHING: Final = Sums(0, 0)


class TopRow(NamedTuple):
    """One key of a top list."""

    key: str
    recent: Sums
    """In the last closed bucket."""
    window: Sums
    """In the window that was asked for."""
    trend: tuple[int, ...] = ()
    """How often in each of the latest slices, oldest first."""


class Slicing(NamedTuple):
    """What trends are in: twelfths of the window, or of a shorter one as long as these are too few to tell anything; of
    the last bucket, buckets. They begin at multiples of their length since the epoch, and the last one is under way.
    """

    width: float
    """Seconds of a slice."""
    elapsed: float
    """Seconds of the last one that are over."""


class Top(NamedTuple):
    """A top list. Its rows and `other` add up to the totals exactly."""

    rows: tuple[TopRow, ...]
    other: TopRow
    """All that is in no row: keys that rank lower, and what was not kept apart by key."""
    whole: Sums
    """All keys in the window."""
    slicing: Slicing
    """Of the trends."""


class Closed(NamedTuple):
    """What one statistic counted in a closed bucket, or what came late for it."""

    name: str
    """Of the statistic."""
    keys: dict[str, Sums]
    other: Sums
    """What was not kept apart by key."""


class ClosedBucket(NamedTuple):
    """A closed bucket, or what came late for it. The parts of a bucket add up to all that was counted."""

    start: float
    """Seconds since the epoch."""
    width: float
    statistics: tuple[Closed, ...]
