"""Learning: the usual values of a signal, before anything is judged."""

from collections.abc import Callable, Mapping
from statistics import median

from alerting.rule import Measured
from alerting.states import Trigger


class Learning:
    """Collects windows until they add up to `duration` seconds.

    Windows with no traffic, or too little to learn from, are ignored; `teaches` decides.
    """

    def __init__(self, teaches: Callable[[Measured], bool], duration: float) -> None:
        self._teaches = teaches
        self._left = duration
        self._values: dict[str, list[float]] = {}

    def take(self, measured: Mapping[str, Measured], seconds: float) -> Trigger | None:
        """Add what was measured in a window. Return EMPTY, LEARNED, or None if more windows are needed."""
        usable = {subject: one for subject, one in measured.items() if self._teaches(one)}
        if not usable:
            return Trigger.EMPTY
        for subject, one in usable.items():
            self._values.setdefault(subject, []).append(one.value)
        self._left -= seconds
        return None if self._left > 0 else Trigger.LEARNED

    @property
    def baselines(self) -> Mapping[str, float]:
        """The median of each subject's windows; as a rule there is only one."""
        return {subject: median(values) for subject, values in self._values.items()}
