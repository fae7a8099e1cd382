"""Puts closed buckets of the store together to minutes. Pure."""

from history.bins import packed, unpacked
from history.periods import Level, begin
from history.sums import OTHER, Minute, PeriodSums, added
from store.distribution import Distribution
from store.sums import NOTHING, Closed, ClosedBucket, Sums


class Minutes:
    """Minutes that are being filled. What comes late for one that was given out makes it come again."""

    def __init__(self) -> None:
        self._filling: dict[float, dict[str, dict[str, list[PeriodSums]]]] = {}

    def add(self, bucket: ClosedBucket) -> None:
        """What a bucket counted; one of more than a minute goes to the minute of its start."""
        minute = self._filling.setdefault(begin(Level.MINUTE, bucket.start), {})
        for name, keys, other in bucket.statistics:
            sums = minute.setdefault(name, {})
            for key, known in (*keys.items(), (OTHER, other)):
                if known.count:
                    sums.setdefault(key, []).append(_stored(known))

    def over(self, now: float) -> list[Minute]:
        """Those that ended until `now`, oldest first; they are let go."""
        ended = sorted(start for start in self._filling if start + 60 <= now)
        return [self._minute(start) for start in ended]

    def rest(self) -> list[Minute]:
        """All that are left, at the end of the run."""
        return [self._minute(start) for start in sorted(self._filling)]

    def _minute(self, start: float) -> Minute:
        filled = self._filling.pop(start)
        return Minute(
            start, {name: {key: added(parts) for key, parts in sums.items()} for name, sums in filled.items()}
        )


def _stored(sums: Sums) -> PeriodSums:
    return PeriodSums(sums.count, sums.total, sums.volume, sums.timed, sums.seconds, packed(dict(sums.times.bins)))


def closed_bucket(minute: Minute) -> ClosedBucket:
    """The reverse: a minute as the store knows buckets.

    Raises:
        ValueError: its bins are malformed.
    """
    statistics = []
    for name, sums in minute.sums.items():
        keys = {key: _known(stored) for key, stored in sums.items()}
        other = keys.pop(OTHER, NOTHING)
        statistics.append(Closed(name, keys, other))
    return ClosedBucket(minute.start, 60.0, tuple(statistics))


def _known(stored: PeriodSums) -> Sums:
    times = Distribution.of(unpacked(stored.bins).items())
    return Sums(stored.counted, stored.total, stored.volume, stored.timed, stored.seconds, times)
