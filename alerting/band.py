"""The band in which a value is expected."""

from typing import NamedTuple


class Band(NamedTuple):
    """What is expected at a time, in requests per second."""

    expected: float
    low: float
    high: float
    """Beyond it, a single bucket alerts."""
