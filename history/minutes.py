"""Combines closed buckets of the store into minutes. Pure."""

from history.periods import PeriodLevel, period_start
from history.sums import Minute
from store.sums import NOTHING, OTHER, ClosedBucket, KeyedSums, StatisticSums, Sums
from store.watched import WATCHED


class Minutes:
    """Minutes being filled. If data arrives late for a finished minute, that minute is issued again."""

    def __init__(self) -> None:
        self._filling: dict[float, dict[str, list[KeyedSums]]] = {}
        # Start and end of the watched spans of each minute, in order.
        self._watched: dict[float, list[tuple[float, float]]] = {}

    def add(self, bucket: ClosedBucket) -> None:
        """Add a bucket. A bucket longer than a minute counts in the minute of its start."""
        minute = self._filling.setdefault(period_start(PeriodLevel.MINUTE, bucket.start), {})
        for name, keyed, other in bucket.statistics:
            minute.setdefault(name, []).extend((keyed, KeyedSums.of_items([(OTHER, other)])))

    def watch(self, start: float, end: float) -> None:
        """Add a span of time that was watched, whether or not anything was counted."""
        while start < end:
            minute = period_start(PeriodLevel.MINUTE, start)
            until = min(end, minute + 60)
            self._filling.setdefault(minute, {})
            spans = self._watched.setdefault(minute, [])
            begun = spans.pop()[0] if spans and spans[-1][1] == start else start
            spans.append((begun, until))
            start = until

    def over(self, now: float) -> list[Minute]:
        """Remove and return the minutes that ended by `now`, oldest first."""
        ended = sorted(start for start in self._filling if start + 60 <= now)
        return [self._minute(start) for start in ended]

    def rest(self) -> list[Minute]:
        """Remove and return all remaining minutes, at the end of the run."""
        return [self._minute(start) for start in sorted(self._filling)]

    def _minute(self, start: float) -> Minute:
        found = {}
        for name, parts in self._filling.pop(start).items():
            found[name] = {key: sums for key, sums in KeyedSums.merged(parts).items() if sums != NOTHING}
        if spans := self._watched.pop(start, []):
            found[WATCHED] = {str(int(begun - start)): Sums(seconds=end - begun) for begun, end in spans}
        return Minute(start, found)


def closed_bucket(minute: Minute, width: float = 60.0) -> ClosedBucket:
    """Convert a minute back to a bucket of the store, or a longer period of `width` seconds."""
    statistics = []
    for name, sums in minute.sums.items():
        keyed = KeyedSums.of_items((key, known) for key, known in sums.items() if key != OTHER)
        statistics.append(StatisticSums(name, keyed, sums.get(OTHER, NOTHING)))
    return ClosedBucket(minute.start, width, tuple(statistics))
