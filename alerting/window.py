"""The window that is judged as a whole: what the store counted in the buckets from one moment to another."""

from collections.abc import Iterable, Mapping

from alerting.part import Part
from alerting.sums import Sum
from store.sums import ClosedBucket


class Window:
    """Sums of whole buckets. Times are seconds since the epoch."""

    __slots__ = ("_parts", "closes", "opens")

    def __init__(self, parts: Mapping[str, Part], opens: float, closes: float) -> None:
        self._parts = parts
        self.opens = opens
        self.closes = closes

    @classmethod
    def empty_of(cls, sums: Iterable[Sum], opens: float, closes: float) -> "Window":
        """One in which nothing was counted yet."""
        return cls({each.name: Part(each) for each in sums}, opens, closes)

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.closes - self.opens

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted."""
        return not any(part.total for part in self._parts.values())

    def add(self, bucket: ClosedBucket) -> None:
        """Add what the store counted in a bucket."""
        for closed in bucket.statistics:
            if closed.name in self._parts:
                self._parts[closed.name].add(closed)

    def of(self, one: Sum) -> Part:
        """What it has of a sum."""
        return self._parts[one.name]

    def only(self, sums: Iterable[Sum]) -> "Window":
        """The same window with some of the sums."""
        return Window({each.name: self._parts[each.name] for each in sums}, self.opens, self.closes)

    def step_over(self, until: float) -> None:
        """Move on by its length as often as it ends until then. It is empty."""
        steps = max(0.0, (until - self.opens) // self.seconds)
        self.opens, self.closes = self.opens + steps * self.seconds, self.closes + steps * self.seconds

    def elapsed(self, now: float) -> float:
        """Seconds since it opened."""
        return max(0.0, min(now, self.closes) - self.opens)
