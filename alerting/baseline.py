"""Baselines: what values are compared with."""

from collections import deque
from itertools import islice
from statistics import median

from alerting.rule import Rule, limit


class FixedBaseline:
    """The baseline that was learned, which never changes."""

    def __init__(self, value: float) -> None:
        self.value = value

    @property
    def memory(self) -> tuple[float, ...]:
        """Everything the baseline depends on, to compare before and after an update."""
        return ()

    def update(self, value: float, beyond: bool) -> None:
        """Ignore the value."""

    def accept(self, value: float) -> None:
        """Compare with this value from now on."""
        self.value = value


class PreviousBaseline:
    """The median of the previous values; for low-side signals, the minimum of their older half.

    Before there are enough values, the first one stands in for the missing ones.

    Visits come in bursts. With few visits, many buckets are far below the median without an outage, so low-side signals
    compare with the minimum. They ignore the newer half, because a gradual outage must be compared with the time before
    it.

    Values beyond the limit, and values just as far from the median on the other side, are ignored: otherwise an outage
    would soon become normal and its alert be dismissed, and the end of a flood would look like a drop. But if nothing
    else has come for as long as the median reaches back, these values become the new normal, provided they are enough
    to be judged by. So an outage lasts until it ends, and traffic that moved elsewhere does not alert for ever.
    """

    def __init__(self, rule: Rule, value: float, length: int) -> None:
        self._rule = rule
        self._usual = deque([value] * length, maxlen=length)
        self._unusual: deque[float] = deque(maxlen=length)
        self.value = value

    @property
    def memory(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Everything the baseline depends on, to compare before and after an update."""
        return tuple(self._usual), tuple(self._unusual)

    def update(self, value: float, beyond: bool) -> None:
        """Take in a value that was judged; `beyond` says whether it was beyond the limit."""
        if beyond or self._is_beyond_other_side(value):
            self._unusual.append(value)
            if len(self._unusual) == self._unusual.maxlen and limit(self._rule, median(self._unusual)) is not None:
                self._usual, self._unusual = self._unusual, deque(maxlen=self._unusual.maxlen)
        else:
            self._unusual.clear()
            self._usual.append(value)
        older = islice(self._usual, (len(self._usual) + 1) // 2)
        self.value = min(older) if self._rule.low else median(self._usual)

    def accept(self, value: float) -> None:
        """Take the value as if all previous buckets had had it."""
        self._usual.extend([value] * len(self._usual))
        self._unusual.clear()
        self.value = value

    def _is_beyond_other_side(self, value: float) -> bool:
        middle = median(self._usual)
        bound = limit(self._rule, middle)
        if not bound:
            return False
        other = 2 * middle - float(bound) if self._rule.points else middle**2 / float(bound)
        return value > other if self._rule.low else value < other


Baseline = FixedBaseline | PreviousBaseline
