"""Adds up the records of a level for the next longer one. Pure.

What is pending is the sum of the records that the last record of the longer level does not include. It becomes one
record as soon as a later period comes, or time passes; so what is pending after a crash is exactly those records, which
are in the spool. Hours and days are also written in parts meanwhile, so that a host that never comes back loses little.
"""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Final, NamedTuple

from history.columns import highest
from history.filling import Filling
from history.record import HEALTH, WIDTHS, Level
from history.record_codec import KEY_LENGTH
from store.sums import ClosedBucket, StatisticSums
from store.watched import WATCHED

PARTS: Final = {Level.MINUTE: inf, Level.HOUR: 1200.0, Level.DAY: 6 * 3600.0}
"""Seconds after which a part of a period is written."""
LATE: Final = 60.0
"""Seconds that a period stays open after its end for what belongs to it, if nothing of a later one comes."""
HITS: Final = "hits"
"""Unit of a statistic of which none is known."""
ALL_KEPT: Final = (WATCHED, HEALTH)
"""Statistics with few keys, of which none is left out."""


class Part(NamedTuple):
    """What becomes a record."""

    through: int
    """Sequence of the last record of the level below that it includes."""
    buckets: tuple[ClosedBucket, ...]


class RollUp:
    """Adds up for one level. Parts are written at any time of `PARTS`, which differs by `chance`, from 0 to 1, so that
    many sensors do not send at once.
    """

    def __init__(self, level: Level, through: int, chance: float) -> None:
        """`through` is the sequence of the last record of the level below that was included before."""
        self._filling = Filling(WIDTHS[level])
        self._width, self._every = WIDTHS[level], PARTS[level]
        self._delay = self._every * chance if self._every < inf else 0.0
        self._through = through
        self._latest = -inf
        # End of the latest bucket that is pending, and when the pending ones began to be.
        self._begun = -inf
        self._pending: list[ClosedBucket] | None = None

    def is_followed_by(self, buckets: Sequence[ClosedBucket]) -> bool:
        """Return whether something is pending that these buckets come after, of a later period."""
        later = max((self._filling.start(bucket.start) for bucket in buckets), default=-inf)
        return self._is_pending and later > self._filling.start(self._latest)

    def is_due(self, now: float) -> bool:
        """Return whether what is pending is to be written, in packet time."""
        if not self._is_pending:
            return False
        end = self._filling.start(self._latest) + self._width
        return now >= min(end + LATE, self._begun + self._every)

    def add(self, sequence: int, buckets: Sequence[ClosedBucket]) -> None:
        """Add a record of the level below."""
        for bucket in buckets:
            self._put_back()
            self._filling.add(bucket)
            if not self._is_pending:
                self._begun, self._delay = bucket.start - self._delay, 0.0
            self._latest = max(self._latest, bucket.start)
        self._through = sequence

    def part(self) -> Part | None:
        """Return what is pending; call `written` once it is on the disk. None if nothing is pending."""
        if not self._is_pending:
            return None
        self._put_back()
        self._pending = self._filling.rest()
        return Part(self._through, tuple(self._pending))

    def written(self) -> None:
        """Note that the part is on the disk."""
        self._pending, self._latest = None, -inf

    @property
    def _is_pending(self) -> bool:
        return self._latest > -inf

    def _put_back(self) -> None:
        for bucket in self._pending or ():
            self._filling.add(bucket)
        self._pending = None


def reduced(buckets: Sequence[ClosedBucket], units: Mapping[str, str], keys: int) -> tuple[ClosedBucket, ...]:
    """Reduce each statistic to its highest keys, by its unit."""
    return tuple(
        bucket._replace(statistics=tuple(_reduced(part, units, keys) for part in bucket.statistics))
        for bucket in buckets
    )


def _reduced(part: StatisticSums, units: Mapping[str, str], keys: int) -> StatisticSums:
    most = 10 * keys if part.name in ALL_KEPT else keys
    return highest(part, units.get(part.name, HITS), most, KEY_LENGTH)
