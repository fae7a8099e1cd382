"""How long the history keeps data, and how much."""

from typing import NamedTuple

RESERVE = 2**22
"""Bytes of the limit reserved for the write-ahead log."""


class Retention(NamedTuple):
    """Seconds to keep minutes, hours and days; bytes of the file; keys of a statistic in a period."""

    minutes: float = 2 * 86400
    hours: float = 60 * 86400
    days: float = 2 * 366 * 86400
    size: int = 512 * 2**20
    keys: int = 100

    @property
    def spans(self) -> tuple[float, float, float]:
        """Seconds to keep each level. Minutes are kept no longer than hours, and hours no longer than days."""
        hours = min(self.hours, self.days)
        return min(self.minutes, hours), hours, self.days

    @property
    def bytes_of_data(self) -> int:
        """Bytes that may be in use after a minute was written, so that another one still fits."""
        return (self.size - RESERVE) * 3 // 4
