"""Puts closed buckets of the store together to minutes. Pure."""

from history.periods import Level, begin
from history.sums import Minute
from store.sums import NOTHING, OTHER, ClosedBucket, KeyedSums, StatisticSums


class Minutes:
    """Minutes that are being filled. What comes late for one that was given out makes it come again."""

    def __init__(self) -> None:
        self._filling: dict[float, dict[str, list[KeyedSums]]] = {}

    def add(self, bucket: ClosedBucket) -> None:
        """What a bucket counted; one of more than a minute goes to the minute of its start."""
        minute = self._filling.setdefault(begin(Level.MINUTE, bucket.start), {})
        for name, keyed, other in bucket.statistics:
            minute.setdefault(name, []).extend((keyed, KeyedSums.of_items([(OTHER, other)])))

    def over(self, now: float) -> list[Minute]:
        """Those that ended until `now`, oldest first; they are let go."""
        ended = sorted(start for start in self._filling if start + 60 <= now)
        return [self._minute(start) for start in ended]

    def rest(self) -> list[Minute]:
        """All that are left, at the end of the run."""
        return [self._minute(start) for start in sorted(self._filling)]

    def _minute(self, start: float) -> Minute:
        found = {}
        for name, parts in self._filling.pop(start).items():
            found[name] = {key: sums for key, sums in KeyedSums.merged(parts).items() if sums != NOTHING}
        return Minute(start, found)


def closed_bucket(minute: Minute) -> ClosedBucket:
    """The reverse: a minute as the store knows buckets."""
    statistics = []
    for name, sums in minute.sums.items():
        keyed = KeyedSums.of_items((key, known) for key, known in sums.items() if key != OTHER)
        statistics.append(StatisticSums(name, keyed, sums.get(OTHER, NOTHING)))
    return ClosedBucket(minute.start, 60.0, tuple(statistics))
