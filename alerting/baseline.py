"""Baselines: what a value is compared with."""

from collections import deque
from itertools import islice
from statistics import median

from alerting.rule import Rule, limit


class FixedBaseline:
    """As it was learned, for good."""

    def __init__(self, value: float) -> None:
        self.value = value

    def note(self, value: float, beyond: bool) -> bool:
        """Nothing changes it."""
        return False


class PreviousBaseline:
    """The median of the latest values, of which the first stands for all that were before it; where low values alert,
    the lowest of the older half of them.

    Visits come in bursts, so where there are few, many a bucket is far below the median and no outage. The newer half
    is left out, as an outage that comes step by step is to be measured by what was before it.

    Values that are beyond the limit are left out, or as far from the median on its other side: else an outage would
    soon be what is usual and its alert dismissed, and the end of a flood would be a drop. But when there were nothing
    but such values for as long as the median reaches back, they are the usual from then on, if they are enough to be
    judged by. So an outage lasts until it ends, and traffic that moved elsewhere is no news for ever.
    """

    def __init__(self, rule: Rule, value: float, length: int) -> None:
        self._rule = rule
        self._usual = deque([value] * length, maxlen=length)
        self._unusual: deque[float] = deque(maxlen=length)
        self.value = value

    def note(self, value: float, beyond: bool) -> bool:
        """Take over a value that was judged. Returns whether another such value might still change anything."""
        unusual = beyond or self._is_beyond_other_side(value)
        if not unusual:
            self._unusual.clear()
        into = self._unusual if unusual else self._usual
        stirred = len(into) < (into.maxlen or 0) or set(into) != {value}
        into.append(value)
        if unusual and len(into) == into.maxlen and limit(self._rule, median(into)) is not None:
            self._usual, self._unusual = into, deque(maxlen=into.maxlen)
            stirred = True
        older = islice(self._usual, (len(self._usual) + 1) // 2)
        self.value = min(older) if self._rule.low else median(self._usual)
        return stirred

    def _is_beyond_other_side(self, value: float) -> bool:
        middle = median(self._usual)
        bound = limit(self._rule, middle)
        if not bound:
            return False
        other = 2 * middle - float(bound) if self._rule.points else middle**2 / float(bound)
        return value > other if self._rule.low else value < other


Baseline = FixedBaseline | PreviousBaseline
