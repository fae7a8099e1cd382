"""The contract of a signal: what is measured in a bucket, on which side of the baseline it alerts, and whose it is.

Nothing else: learning, limits, states, history and flapping are the same for all, see `alerting.judge`.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple, Protocol

from alerting.alert import Contributor, Unit
from alerting.sums import Sum
from alerting.window import Window

WHOLE = ""
"""The subject of a signal that judges the whole traffic."""


class Measured(NamedTuple):
    """What a signal measured of a subject in a bucket."""

    value: float
    traffic: float
    """What it was measured by, as the floor counts it: requests, responses, or the value itself."""


class Rule(Protocol):
    """A signal. `threshold` is in percent of the baseline, or in percentage points beside it."""

    @property
    def name(self) -> str:
        """Name of the file it is in, and in `Config.signals`."""

    @property
    def title(self) -> str:
        """What it watches, in a few words."""

    @property
    def headline(self) -> str:
        """What it is that generated an alert."""

    @property
    def quantity(self) -> str:
        """What its value is called: `hits`, `share`, `p95`."""

    @property
    def unit(self) -> Unit:
        """Of its values."""

    @property
    def low(self) -> bool:
        """Whether values below the limit alert, not those above."""

    @property
    def points(self) -> bool:
        """Whether the threshold is added to the baseline, as for shares; else it is percent of the baseline."""

    @property
    def threshold(self) -> float:
        """How far from the baseline the limit is."""

    @property
    def floor(self) -> float:
        """Of traffic, below which it is silent; of the baseline, where low values alert."""

    @property
    def learns_from(self) -> float:
        """Of traffic, below which nothing is learned from a bucket. Less than the floor: else a flood of what usually
        is below it would be all that is ever learned.
        """

    @property
    def least(self) -> float:
        """A limit is never below this."""

    @property
    def sums(self) -> tuple[Sum, ...]:
        """What the store is to count for it."""

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """By subject, from what was counted in a window."""
        ...

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Who had the largest part in it. `usual` is the latest window in which all was well."""
        ...


def limit(rule: Rule, baseline: float) -> Fraction | None:
    """Beyond which a value is on the wrong side; None where there is too little traffic to tell.

    In fractions, as 100 x 1.15 is 114.99999999999999 in floats, and 115 must not exceed it.
    """
    if rule.low and baseline < rule.floor:
        return None
    threshold = Fraction(str(rule.threshold))
    if rule.points:
        return Fraction(baseline) + threshold
    beside = -threshold if rule.low else threshold
    return max(Fraction(baseline) * (1 + beside / 100), Fraction(rule.least))


def teaches(rule: Rule, measured: Measured) -> bool:
    """Whether a baseline can be learned from it. Nothing is percent of zero, but no errors at all are a fine share."""
    return measured.traffic >= rule.learns_from and (measured.value > 0 or rule.points)
