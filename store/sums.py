"""What the store answers with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sums:
    """How often, and how much in all."""

    count: int
    total: float
    """In the statistic's unit: bytes or seconds; the count again where a statistic has no amount."""


@dataclass(frozen=True)
class TopRow:
    """One key of a top list."""

    key: str
    recent: Sums
    """In the last closed bucket."""
    window: Sums
    """In the retention window, the bucket under way included."""


@dataclass(frozen=True)
class Top:
    """A top list. Its rows and `other` add up to the totals exactly."""

    rows: tuple[TopRow, ...]
    other: TopRow
    """All that is in no row: keys that rank lower, and what was not kept apart by key."""
