"""How observed values compare with expected ones: events with Poisson noise, or percentiles of times.

What is observed over several windows adds up to a `Sum`. Deviations are logarithms of ratios. A score is a deviation in
standard deviations, of which one part follows from the number of events, and the other was learned.
"""

from math import asinh, exp, log, sinh, sqrt
from typing import Final, NamedTuple, Protocol

_CONTINUITY: Final = 0.375
"""Makes the variance of few events even (Anscombe 1948)."""
_PERCENTILE_NOISE: Final = 4.0
"""Variance of the logarithm of a p95 of one response. It is 2.9 for log-normal times with a deviation of 0.8, and more
for heavier tails.
"""
_LEAST: Final = 1e-6


class Sum(NamedTuple):
    """What was observed and what the season expects, of one or more windows."""

    seen: float
    """Events; for percentiles, the sum of the deviations, weighted by information."""
    expected: float
    """Expected events; for percentiles, the information: the reciprocal of a variance."""
    base: float
    """Seconds or responses in which they were seen; for percentiles, the weighted sum of the expected logarithms."""

    def __add__(self, other: tuple[float, ...]) -> "Sum":  # type: ignore[override] # a tuple would get longer
        return Sum(self.seen + other[0], self.expected + other[1], self.base + other[2])

    def faded(self, share: float) -> "Sum":
        """Return a part of it."""
        return Sum(self.seen * share, self.expected * share, self.base * share)


NOTHING: Final = Sum(0.0, 0.0, 0.0)


class Scale(Protocol):
    """Compares the observed with the expected."""

    def start(self, amount: float, base: float) -> float:
        """Return the level at which a season begins."""
        ...

    def sum(self, amount: float, base: float, usual: float) -> Sum:
        """Return a window with this amount, for which the season expects the logarithm `usual`."""
        ...

    def deviation(self, total: Sum, weight: float) -> float:
        """Return the deviation, drawn towards 0 as if so much `weight` had been seen as expected."""
        ...

    def score(self, total: Sum, deviation: float, shift: float) -> float:
        """Return the score, if what is expected is shifted by a factor of e^shift."""
        ...

    def values(self, total: Sum, deviation: float, shift: float, score: float) -> tuple[float, float, float]:
        """Return the mean value, what is expected, and the value that has the given score."""
        ...

    def likelihood(self, total: Sum) -> float:
        """Return the logarithm of how much likelier the observed is with its own mean than with the expected one."""
        ...


class Events:
    """Numbers of events in seconds, or among responses. The noise is that of a negative binomial distribution."""

    def start(self, amount: float, base: float) -> float:
        """Return the logarithm of the events per second or response; half an event if there was none."""
        return log((amount + 0.5) / max(base, _LEAST))

    def sum(self, amount: float, base: float, usual: float) -> Sum:
        """Return the events, the expected events, and in what they were seen."""
        return Sum(amount, base * exp(usual), base)

    def deviation(self, total: Sum, weight: float) -> float:
        """Return the logarithm of the ratio to the expected."""
        return log((total.seen + weight) / (total.expected + weight))

    def score(self, total: Sum, deviation: float, shift: float) -> float:
        """Return the score by the transform that makes this noise even."""
        expected, seen = total.expected * exp(shift), total.seen
        return 2 / deviation * (_even(seen, deviation) - _even(expected, deviation))

    def values(self, total: Sum, deviation: float, shift: float, score: float) -> tuple[float, float, float]:
        """Return rates: events per second or response."""
        expected = total.expected * exp(shift)
        edge = _even(expected, deviation) + score * deviation / 2
        at_edge = max(0.0, (sinh(edge) / deviation) ** 2 - _CONTINUITY) if edge > 0 else 0.0
        base = total.base or _LEAST
        return total.seen / base, expected / base, at_edge / base

    def likelihood(self, total: Sum) -> float:
        """Return that of Poisson distributions."""
        if total.seen <= 0 or total.expected <= 0:
            return max(0.0, total.expected)
        return total.seen * log(total.seen / total.expected) - total.seen + total.expected


class Percentiles:
    """95th percentiles of times, of which the logarithm is judged."""

    def start(self, amount: float, base: float) -> float:
        """Return the logarithm of the time."""
        return log(max(amount, _LEAST))

    def sum(self, amount: float, base: float, usual: float) -> Sum:
        """Return the deviation, weighted by the number of responses."""
        weight = base / _PERCENTILE_NOISE
        return Sum(weight * (log(max(amount, _LEAST)) - usual), weight, weight * usual)

    def deviation(self, total: Sum, weight: float) -> float:
        """Return the mean deviation."""
        return total.seen / (total.expected + weight) if total.expected else 0.0

    def score(self, total: Sum, deviation: float, shift: float) -> float:
        """Return the mean deviation in deviations."""
        if not total.expected:
            return 0.0
        return (total.seen / total.expected - shift) / sqrt(deviation * deviation + 1 / total.expected)

    def values(self, total: Sum, deviation: float, shift: float, score: float) -> tuple[float, float, float]:
        """Return times in seconds."""
        if not total.expected:
            return 0.0, 0.0, 0.0
        usual = total.base / total.expected
        expected = usual + shift
        noise = sqrt(deviation * deviation + 1 / total.expected)
        return exp(usual + total.seen / total.expected), exp(expected), exp(expected + score * noise)

    def likelihood(self, total: Sum) -> float:
        """Return that of normal distributions."""
        return total.seen * total.seen / total.expected / 2 if total.expected else 0.0


def _even(events: float, deviation: float) -> float:
    return asinh(deviation * sqrt(events + _CONTINUITY))


EVENTS: Final = Events()
PERCENTILES: Final = Percentiles()
