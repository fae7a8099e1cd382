"""When somebody watched: spans of time of earlier runs, and the current run so far. Pure.

Without it, a time that nobody watched would look like a time without traffic.
"""

from bisect import bisect_left
from collections.abc import Sequence
from math import inf
from typing import Final

from store.sums import ClosedBucket

WATCHED: Final = "(watched)"
"""Name under which the history stores the watched seconds of a minute, by the second in which each span began; no
statistic can have it.
"""


def watched_spans(bucket: ClosedBucket) -> list[tuple[float, float]]:
    """Return start and end of the watched spans of a stored minute: all of it if that was not stored with it."""
    stored = next((part for part in bucket.statistics if part.name == WATCHED), None)
    whole = bucket.start, bucket.start + bucket.width
    if stored is None:
        return [whole]
    starts = ((bucket.start + int(key), sums.seconds) for key, sums in stored.keyed.items() if key.isdecimal())
    return sorted((start, min(whole[1], start + seconds)) for start, seconds in starts if start < whole[1])


def within(bucket: ClosedBucket, spans: Sequence[tuple[float, float]]) -> ClosedBucket:
    """Narrow a stored minute to the time from its first to its last watched span, where its counts belong."""
    if not spans:
        return bucket
    start, end = spans[0][0], max(end for _, end in spans)
    return bucket._replace(start=start, width=end - start)


class Watched:
    """Spans of time in seconds since the epoch. The spans of earlier runs may be added in any order."""

    def __init__(self) -> None:
        # Of earlier runs: disjoint, in order, each with its start and its end.
        self._starts: list[float] = []
        self._ends: list[float] = []
        self._begun = inf
        self._now = -inf

    def begin(self, now: float) -> None:
        """Note that the current run begins."""
        self._begun = self._now = now

    def advance(self, now: float) -> None:
        """Note that the current run goes on."""
        self._now = max(self._now, now)

    def add(self, start: float, end: float) -> None:
        """Add a span of an earlier run."""
        if start >= end:
            return
        first, last = bisect_left(self._ends, start), bisect_left(self._starts, end)
        if last < len(self._starts) and self._starts[last] == end:
            last += 1
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._starts[first:last], self._ends[first:last] = [start], [end]

    def drop(self, before: float) -> None:
        """Forget earlier spans that ended before a time."""
        old = bisect_left(self._ends, before)
        del self._starts[:old], self._ends[:old]

    @property
    def since(self) -> float | None:
        """Start of the earliest span of an earlier run; None if there is none."""
        return self._starts[0] if self._starts and self._starts[0] < self._begun else None

    def seconds(self, start: float, end: float) -> float:
        """Return how many seconds of a span were watched."""
        found = max(0.0, min(end, self._now) - max(start, self._begun))
        end = min(end, self._begun)
        for place in range(bisect_left(self._ends, start), bisect_left(self._starts, end)):
            found += max(0.0, min(end, self._ends[place]) - max(start, self._starts[place]))
        return found
