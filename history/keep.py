"""How long the history keeps what, and how much of it."""

from typing import NamedTuple

RESERVE = 2**22
"""Bytes of the limit that are left to the write-ahead log."""


class Keep(NamedTuple):
    """Seconds that minutes, hours and days are kept; bytes of the file; keys of a statistic in a period."""

    minutes: float = 2 * 86400
    hours: float = 60 * 86400
    days: float = 2 * 366 * 86400
    size: int = 512 * 2**20
    keys: int = 100

    @property
    def spans(self) -> tuple[float, float, float]:
        """By level. What is no longer kept by day is not kept by hour, nor by minute, either."""
        hours = min(self.hours, self.days)
        return min(self.minutes, hours), hours, self.days

    @property
    def bytes_of_data(self) -> int:
        """What of the file may be in use when a minute was written: there is room for another one then."""
        return (self.size - RESERVE) * 3 // 4
