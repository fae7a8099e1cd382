"""Adds up closed buckets in longer or equal periods. Pure.

Periods are `width` seconds long, aligned to the epoch. Sums stay in columns until somebody asks for a key.
"""

from math import inf
from typing import Final

from history.columns import with_other
from store.sums import NOTHING, OTHER, ClosedBucket, KeyedSums, StatisticSums, Sums
from store.watched import WATCHED

SAME_SECOND: Final = 1.0
"""Spans that are nearer to each other are one: a stored span begins at a whole second."""
MAX_PARTS: Final = 6
"""Parts of a statistic that are kept before they are added up: most have the same keys."""
LONGEST_WATCH: Final = 3600.0
"""Longest step of time that was watched; longer ones are jumps, and would write a row for each of their minutes."""
AHEAD: Final = 86400.0
"""Seconds that packet time may be ahead of the clock. A later time is corrupt, and would age everything else."""


class Filling:
    """Periods being filled. If something arrives late for a period that was taken, that period is issued again."""

    def __init__(self, width: float) -> None:
        self._width = width
        self._parts: dict[float, dict[str, list[KeyedSums]]] = {}
        # Start and seconds of the watched spans of each period, in the order in which they came.
        self._watched: dict[float, list[tuple[float, float]]] = {}

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(self, bucket: ClosedBucket) -> None:
        """Add a bucket. One that is longer than a period counts in the period of its start."""
        period = self._parts.setdefault(self.start(bucket.start), {})
        for name, keyed, other in bucket.statistics:
            if name == WATCHED:
                self._watch_again(bucket.start, keyed)
            else:
                parts = period.setdefault(name, [])
                parts += (keyed, KeyedSums.of_items([(OTHER, other)]))
                if len(parts) > MAX_PARTS:
                    parts[:] = [KeyedSums.merged(parts)]

    def watch(self, start: float, end: float) -> None:
        """Add a span of time that was watched, whether or not anything was counted."""
        while start < end:
            until = min(end, self.start(start) + self._width)
            self._watch(start, until - start)
            start = until

    def over(self, now: float) -> list[ClosedBucket]:
        """Remove and return the periods that ended by `now`, oldest first."""
        return [self._closed(start) for start in sorted(self._parts) if start + self._width <= now]

    def rest(self) -> list[ClosedBucket]:
        """Remove and return all periods, oldest first."""
        return self.over(inf)

    def start(self, time: float) -> float:
        """Return the start of the period that contains `time`."""
        return time // self._width * self._width

    def _watch_again(self, start: float, spans: KeyedSums) -> None:
        for key, sums in sorted(spans.items(), key=lambda item: (len(item[0]), item[0])):
            if key.isdecimal():
                self._watch(start + int(key), sums.seconds)

    def _watch(self, start: float, seconds: float) -> None:
        self._parts.setdefault(self.start(start), {})
        spans = self._watched.setdefault(self.start(start), [])
        if spans and 0 <= start - sum(spans[-1]) < SAME_SECOND:
            spans[-1] = spans[-1][0], spans[-1][1] + seconds
        else:
            spans.append((start, seconds))

    def _closed(self, start: float) -> ClosedBucket:
        found = [with_other(name, KeyedSums.merged(parts)) for name, parts in self._parts.pop(start).items()]
        if spans := self._watched.pop(start, []):
            seconds: dict[str, float] = {}
            for begun, length in spans:
                key = str(int(begun - start))
                seconds[key] = seconds.get(key, 0.0) + length
            watched = KeyedSums.of_items((key, Sums(seconds=length)) for key, length in seconds.items())
            found.append(StatisticSums(WATCHED, watched, NOTHING))
        return ClosedBucket(start, self._width, tuple(found))


class Watching:
    """Follows which time was watched, step by step."""

    def __init__(self) -> None:
        self._until = inf

    def begin(self, now: float) -> None:
        """Note that watching begins."""
        self._until = now

    def advance(self, now: float, clock: float) -> tuple[float, float] | None:
        """Return the span since the last call; None if time jumped, or is too far ahead of the clock."""
        start, self._until = self._until, max(now, self._until)
        return (start, now) if start < now < min(start + LONGEST_WATCH, clock + AHEAD) else None
