"""The contract of a signal: what it measures in a bucket, on which side of the baseline it alerts, and who caused it.

Learning, limits, states, history and flapping are the same for all signals, see `alerting.judge`.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple, Protocol

from alerting.alert import Contributor, SignalUnit
from alerting.signal_statistics import SignalStatistic
from alerting.window import Window

WHOLE = ""
"""Subject of a signal that judges the whole traffic."""


class Measured(NamedTuple):
    """What a signal measured for a subject in a bucket."""

    value: float
    traffic: float
    """The amount of traffic behind the value, compared with the floor: requests, responses, or the value itself."""


class Rule(Protocol):
    """A signal. `threshold` is in percent of the baseline, or in percentage points.

    A signal whose subjects are keys, which are parts of the whole traffic, also has `by_key = True`.
    """

    @property
    def name(self) -> str:
        """Name of the signal's file, as in `Config.signals`."""

    @property
    def title(self) -> str:
        """What it watches, in a few words."""

    @property
    def headline(self) -> str:
        """Start of the sentence `... generated an alert`."""

    @property
    def quantity(self) -> str:
        """What its value is called: `hits`, `share`, `p95`."""

    @property
    def unit(self) -> SignalUnit:
        """Unit of its values."""

    @property
    def low(self) -> bool:
        """Whether it alerts below the limit instead of above."""

    @property
    def points(self) -> bool:
        """Whether the threshold is added to the baseline, as for shares, instead of being a percentage of it."""

    @property
    def threshold(self) -> float:
        """Distance of the limit from the baseline."""

    @property
    def floor(self) -> float:
        """Minimum traffic for judging; for low-side signals, minimum baseline."""

    @property
    def learns_from(self) -> float:
        """Minimum traffic for learning from a bucket. It is less than the floor, or a signal whose traffic is usually
        below the floor would learn only from floods.
        """

    @property
    def least(self) -> float:
        """Lowest possible limit."""

    @property
    def statistics(self) -> tuple[SignalStatistic, ...]:
        """The statistics that the store counts for it."""

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the measured value of each subject in a window."""
        ...

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors. `usual` is the latest window without an alert."""
        ...


def limit(rule: Rule, baseline: float) -> Fraction | None:
    """Return the limit; None if there is too little traffic to judge.

    It is a fraction because 100 x 1.15 is 114.99999999999999 in floats, and 115 must not exceed it.
    """
    if rule.low and baseline < rule.floor:
        return None
    threshold = Fraction(str(rule.threshold))
    if rule.points:
        return Fraction(baseline) + threshold
    beside = -threshold if rule.low else threshold
    return max(Fraction(baseline) * (1 + beside / 100), Fraction(rule.least))


def teaches(rule: Rule, measured: Measured, part: float = 1.0) -> bool:
    """Return whether a baseline can be learned from it, with this part of the least traffic. A percentage of zero is
    useless, but a share of zero is fine.
    """
    return measured.traffic >= part * rule.learns_from and (measured.value > 0 or rule.points)
