"""Counts over time, in slices of equal length."""

from typing import NamedTuple


class Curve(NamedTuple):
    """How often in each slice; slices begin at multiples of their length since the epoch."""

    start: float
    """Of the first slice, in seconds since the epoch."""
    width: float
    """Seconds of a slice."""
    elapsed: float
    """Seconds of the last slice that are over; the others are over."""
    counts: tuple[int, ...]
    """Oldest first."""
