"""Baselines: what a value is compared with."""

from collections import deque
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
    """The median of the latest values.

    Those beyond the limit are left out: else an outage would soon be what is usual, and its alert dismissed. But when
    there were nothing but such values for as long as the median reaches back, they are the usual from then on, if they
    are enough to be judged by. So an outage lasts until it ends, and traffic that moved elsewhere is no news for ever.
    """

    def __init__(self, rule: Rule, value: float, length: int) -> None:
        self._rule = rule
        self._usual = deque([value], maxlen=length)
        self._beyond: deque[float] = deque(maxlen=length)
        self.value = value

    def note(self, value: float, beyond: bool) -> bool:
        """Take over a value that was judged. Returns whether another such value might still change anything."""
        if not beyond:
            self._beyond.clear()
        into = self._beyond if beyond else self._usual
        stirred = len(into) < (into.maxlen or 0) or set(into) != {value}
        into.append(value)
        if beyond and len(into) == into.maxlen and limit(self._rule, median(into)) is not None:
            self._usual, self._beyond = into, self._usual
            self._beyond.clear()
            stirred = True
        self.value = median(self._usual)
        return stirred


Baseline = FixedBaseline | PreviousBaseline
