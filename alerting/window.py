"""A window: what the store counted in the buckets that are judged together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

from alerting.signal_statistics import SignalStatistic
from alerting.window_sum import WindowSum
from store.sums import ClosedBucket


class Window:
    """Sums of whole buckets. Times are in seconds since the epoch."""

    __slots__ = ("_sums", "closes", "dropped_share", "opens")

    def __init__(self, sums: Mapping[str, WindowSum], opens: float, closes: float) -> None:
        self._sums = sums
        self.opens = opens
        self.closes = closes
        self.dropped_share = 0.0
        """Share of the traffic that was dropped, from 0 to 1, if it is so large that the sums are too low; else 0."""

    @classmethod
    def empty(cls, statistics: Iterable[SignalStatistic], opens: float, closes: float) -> "Window":
        """Return a window in which nothing has been counted."""
        return cls({each.name: WindowSum(each) for each in statistics}, opens, closes)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.closes - self.opens

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted."""
        return not any(each.total for each in self._sums.values())

    def add(self, bucket: ClosedBucket) -> None:
        """Add what the store counted in a bucket."""
        for closed in bucket.statistics:
            if closed.name in self._sums:
                self._sums[closed.name].add(closed)

    def of(self, statistic: SignalStatistic) -> WindowSum:
        """Return the sums of a statistic."""
        return self._sums[statistic.name]

    def only(self, statistics: Iterable[SignalStatistic]) -> "Window":
        """Return the same window with only some of the statistics."""
        return Window({each.name: self._sums[each.name] for each in statistics}, self.opens, self.closes)

    def step_over(self, until: float) -> None:
        """Move on by its own length as often as fits before `until`. The window must be empty."""
        steps = max(0.0, (until - self.opens) // self.seconds)
        self.opens, self.closes = self.opens + steps * self.seconds, self.closes + steps * self.seconds

    def elapsed(self, now: float) -> float:
        """Return the seconds since the window opened, at most its length."""
        return max(0.0, min(now, self.closes) - self.opens)


def windows_of(buckets: Iterable[ClosedBucket], statistics: Sequence[SignalStatistic], size: float) -> Iterator[Window]:
    """Put minutes together to windows of a size, oldest first; longer periods remain as they are. What overlaps with
    what came before is left out.
    """
    window, until = None, -inf
    for bucket in buckets:
        if bucket.start < until:
            continue
        if window is not None and (bucket.width >= size or bucket.start // size != window.opens // size):
            yield window
            window = None
        if window is None:
            window = Window.empty(statistics, bucket.start, bucket.start + bucket.width)
        window.add(bucket)
        window.closes = until = bucket.start + bucket.width
    if window is not None:
        yield window
