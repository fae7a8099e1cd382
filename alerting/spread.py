"""How far values are usually from what was expected: the width of the band, learned without assuming a distribution.

All parts follow quantiles by small steps (stochastic approximation: Robbins and Monro 1951), so a value counts by
whether it is beyond, not by how far: one incident of any size moves them little.
"""

from math import exp
from typing import Final

_OFTEN: Final = 0.05
"""Share of the values that are more than two deviations away, as in a normal distribution."""
_SELDOM: Final = 0.005
"""Share of the values beyond the tail, on the side that alerts."""
_WIDEST: Final = 3.0
"""Limit of the deviation, as a logarithm: a factor of 20."""
_USUAL: Final = 0.3
"""Deviation by which it is decided what a value tells about."""
_LEAK: Final = 0.002
"""What cannot be told apart is taken for clusters, so the deviation shrinks by so much of a step."""
_TAIL_STEP: Final = 0.08
_SMALLEST_CLUSTER, _LARGEST_CLUSTER = 0.7, 300.0
_LONGEST_TAIL: Final = 12.0
_LAST_STEP: Final = 0.03
"""The step of an old series; that of a young one is the first step, which gets shorter."""


class Spread:
    """The deviation, and the tail in deviations, of one series at one scale of time."""

    __slots__ = ("_count", "_first_step", "_least_tail", "_narrowest", "_settled", "cluster", "deviation", "tail")

    def __init__(
        self,
        deviation: float,
        tail: float,
        least_tail: float,
        narrowest: float = 0.01,
        first_step: float = 0.12,
        settled: int = 1500,
    ) -> None:
        self.deviation = deviation
        """Deviation of the logarithm, besides what follows from few events."""
        self.cluster = 1.0
        """How many events come together: requests of a visit, errors of an outage."""
        self.tail = tail
        """Deviations that values exceed in one of 200 cases."""
        self._least_tail = least_tail
        self._narrowest = narrowest
        self._first_step = first_step
        self._settled = settled
        self._count = 0

    @property
    def learned(self) -> tuple[float, float, float]:
        """The deviation, the cluster and the tail."""
        return self.deviation, self.cluster, self.tail

    @learned.setter
    def learned(self, values: tuple[float, float, float]) -> None:
        self.deviation, self.cluster, self.tail = values

    def learn(self, score: float, side: int, expected: float) -> None:
        """Take in a value that was `score` deviations away; `side` is 1 if high values alert, or -1.

        So many independent events were `expected`: the fewer, the more the value tells how events come together,
        and the less how much the expectation itself varies.
        """
        self._count += 1
        step = max(_LAST_STEP, self._first_step * (1 - self._count / self._settled))
        beyond = (score > 2 or score < -2) - _OFTEN
        by_count = 1 / (1 + expected * _USUAL**2)
        self.cluster *= exp(step * beyond * by_count)
        self.cluster = min(max(self.cluster, _SMALLEST_CLUSTER), _LARGEST_CLUSTER)
        self.deviation *= exp(step * (beyond * (1 - by_count) - _LEAK))
        self.deviation = min(max(self.deviation, self._narrowest), _WIDEST)
        further = (side * score > self.tail) - _SELDOM
        self.tail = min(max(self.tail * exp(min(step, _TAIL_STEP) * further), self._least_tail), _LONGEST_TAIL)
