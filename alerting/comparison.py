"""How a judge compares what was measured: with baselines that were learned, or with the previous buckets."""

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from alerting.band import Band
from alerting.baseline import Baseline, FixedBaseline, PreviousBaseline
from alerting.change import Change
from alerting.rule import Measured, Rule, limit, teaches
from alerting.window import Window

MAX_SUBJECTS: Final = 1000
"""Maximum number of servers with a baseline; others are not judged."""


class Verdict(NamedTuple):
    """How a subject compared with its limit in a bucket."""

    subject: str
    value: float
    baseline: float
    limit: float
    severity: float
    """How far the value is beyond the limit: their ratio, above 1 if it is beyond. With a season: of scores."""
    beyond: bool
    seconds: float = 0.0
    """Time of which the value is the mean, if that is longer than the bucket; else 0."""


class Comparison(Protocol):
    """Has a baseline for each subject."""

    def judge(self, measured: Mapping[str, Measured], window: Window) -> list[Verdict]:
        """Return the verdicts on the subjects with enough traffic that are known."""
        ...

    def learn(self, measured: Mapping[str, Measured], beyond: set[str], window: Window) -> bool:
        """Learn from the window that was judged, and return whether that changed anything."""
        ...

    def teaches(self, measured: Measured) -> bool:
        """Return whether a baseline can be learned from it."""
        ...

    def recall(self, measured: Mapping[str, Measured], window: Window) -> bool:
        """Learn from a window of an earlier run, and return whether a subject was beyond its limit."""
        ...

    def add(self, subject: str, value: float) -> None:
        """Begin a baseline."""
        ...

    def accept(self, subject: str, value: float, now: float) -> None:
        """Take a value of a subject as usual."""
        ...

    def clear(self) -> None:
        """Forget all baselines."""
        ...

    def value(self, subject: str) -> float | None:
        """Return what values of a subject are compared with now; None if there is nothing yet."""
        ...

    def limit(self, subject: str) -> float | None:
        """Return the value beyond which a subject alerts; None if it is unknown, or the subject is not judged."""
        ...

    def change(self, subject: str) -> Change | None:
        """Return when and how a subject began to deviate; None if that is not known."""
        ...

    def band_at(self, time: float) -> Band | None:
        """Return what is expected of the whole traffic at a time; None if that is not known, or does not change."""
        ...

    @property
    def values(self) -> Mapping[str, float]:
        """All baselines by subject."""
        ...


class SteadyComparison:
    """Compares with fixed baselines, or with the previous buckets if there is a number of those."""

    def __init__(self, rule: Rule, previous_buckets: int | None) -> None:
        self._rule = rule
        self._previous = previous_buckets
        self._baselines: dict[str, Baseline] = {}

    def judge(self, measured: Mapping[str, Measured], window: Window) -> list[Verdict]:
        """See `Comparison.judge`."""
        return [verdict for subject, one in measured.items() if (verdict := self._verdict(subject, one))]

    def learn(self, measured: Mapping[str, Measured], beyond: set[str], window: Window) -> bool:
        """See `Comparison.learn`. A subject that appears later is learned from its first bucket with enough traffic."""
        before = self._memories()
        for subject, one in measured.items():
            known = self._baselines.get(subject)
            if known is not None and one.traffic >= self._rule.learns_from:
                known.update(one.value, subject in beyond)
            elif known is None and self.teaches(one):
                self.add(subject, one.value)
        return self._memories() != before

    def teaches(self, measured: Measured) -> bool:
        """See `Comparison.teaches`."""
        return teaches(self._rule, measured)

    def recall(self, measured: Mapping[str, Measured], window: Window) -> bool:
        """Ignore it: these baselines are those of a run."""
        return False

    def add(self, subject: str, value: float) -> None:
        """See `Comparison.add`."""
        if len(self._baselines) < MAX_SUBJECTS:
            previous = self._previous
            new = FixedBaseline(value) if previous is None else PreviousBaseline(self._rule, value, previous)
            self._baselines[subject] = new

    def accept(self, subject: str, value: float, now: float) -> None:
        """See `Comparison.accept`."""
        if subject in self._baselines:
            self._baselines[subject].accept(value)

    def clear(self) -> None:
        """See `Comparison.clear`."""
        self._baselines.clear()

    def value(self, subject: str) -> float | None:
        """See `Comparison.value`."""
        known = self._baselines.get(subject)
        return known.value if known else None

    def limit(self, subject: str) -> float | None:
        """See `Comparison.limit`."""
        baseline = self.value(subject)
        found = None if baseline is None else limit(self._rule, baseline)
        return None if found is None else float(found)

    def change(self, subject: str) -> Change | None:
        """Return None: only a season knows how values change."""
        return None

    def band_at(self, time: float) -> Band | None:
        """Return None: these baselines have no band."""
        return None

    @property
    def values(self) -> Mapping[str, float]:
        """See `Comparison.values`."""
        return {subject: baseline.value for subject, baseline in self._baselines.items()}

    def _verdict(self, subject: str, measured: Measured) -> Verdict | None:
        """Return the verdict; None if the subject is new or has too little traffic."""
        rule, value, known = self._rule, measured.value, self._baselines.get(subject)
        bound = limit(rule, known.value) if known else None
        if known is None or bound is None or not (rule.low or measured.traffic >= rule.floor):
            return None
        beyond = value < bound if rule.low else value > bound
        near, far = (value, float(bound)) if rule.low else (float(bound), value)
        severity = far / near if near else float("inf") if far else 1.0
        return Verdict(subject, value, known.value, float(bound), severity, beyond)

    def _memories(self) -> dict[str, object]:
        return {subject: baseline.memory for subject, baseline in self._baselines.items()}
