"""Combines closed buckets of the store into minutes. Pure."""

from history.filling import Filling
from history.sums import Minute
from store.sums import NOTHING, OTHER, ClosedBucket, KeyedSums, StatisticSums


class Minutes:
    """Minutes being filled. If data arrives late for a finished minute, that minute is issued again."""

    def __init__(self) -> None:
        self._filling = Filling(60.0)

    def add(self, bucket: ClosedBucket) -> None:
        """Add a bucket. A bucket longer than a minute counts in the minute of its start."""
        self._filling.add(bucket)

    def watch(self, start: float, end: float) -> None:
        """Add a span of time that was watched, whether or not anything was counted."""
        self._filling.watch(start, end)

    def over(self, now: float) -> list[Minute]:
        """Remove and return the minutes that ended by `now`, oldest first."""
        return [minute_of(bucket) for bucket in self._filling.over(now)]

    def rest(self) -> list[Minute]:
        """Remove and return all remaining minutes, at the end of the run."""
        return [minute_of(bucket) for bucket in self._filling.rest()]


def minute_of(bucket: ClosedBucket) -> Minute:
    """Convert a period of a minute, without sums of nothing."""
    found = {}
    for name, keyed, other in bucket.statistics:
        found[name] = {key: sums for key, sums in (*keyed.items(), (OTHER, other)) if sums != NOTHING}
    return Minute(bucket.start, found)


def closed_bucket(minute: Minute, width: float = 60.0) -> ClosedBucket:
    """Convert a minute back to a bucket of the store, or a longer period of `width` seconds."""
    statistics = []
    for name, sums in minute.sums.items():
        keyed = KeyedSums.of_items((key, known) for key, known in sums.items() if key != OTHER)
        statistics.append(StatisticSums(name, keyed, sums.get(OTHER, NOTHING)))
    return ClosedBucket(minute.start, width, tuple(statistics))
