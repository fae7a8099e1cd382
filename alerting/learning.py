"""Learning: what a signal's values are while nothing is judged."""

from collections.abc import Mapping
from statistics import median

from alerting.rule import Measured, Rule, teaches
from alerting.states import Signal


class Learning:
    """Takes windows over until they are `duration` seconds long together.

    A window in which there was nothing, or too little to learn from, is as if it had not been.
    """

    def __init__(self, rule: Rule, duration: float) -> None:
        self._rule = rule
        self._left = duration
        self._values: dict[str, list[float]] = {}

    def take(self, measured: Mapping[str, Measured], seconds: float) -> Signal | None:
        """Take over what was measured in a window. Returns EMPTY, LEARNED, or None as long as more is needed."""
        said = {subject: one for subject, one in measured.items() if teaches(self._rule, one)}
        if not said:
            return Signal.EMPTY
        for subject, one in said.items():
            self._values.setdefault(subject, []).append(one.value)
        self._left -= seconds
        return None if self._left > 0 else Signal.LEARNED

    @property
    def baselines(self) -> Mapping[str, float]:
        """What was learned, by subject: the median of its windows, of which there is one as a rule."""
        return {subject: median(values) for subject, values in self._values.items()}
