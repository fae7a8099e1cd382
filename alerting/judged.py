"""How the latest windows of a series compare with what is usual."""

from typing import NamedTuple

from alerting.scale import Sum


class Judged(NamedTuple):
    """The latest windows of one time, compared with what is expected."""

    total: Sum
    traffic: float
    deviation: float
    shift: float
    """What is expected beyond the season: the offset, and what the rest of the whole does."""
    score: float


class Finding(NamedTuple):
    """How a series deviates over one time."""

    severity: float
    """Its score as a part of that which alerts."""
    value: float
    expected: float
    limit: float
    traffic: float
    least: float
    """As in `reach.Reach`."""
    windows: int
    seconds: float
    """That time."""
