"""How times are distributed: counts of logarithmic bins, which any two parts merge by adding.

Bin i holds the times above 2^((i + FIRST - 1) / 32) seconds, up to 2^((i + FIRST) / 32), and stands for one value that
is off from each of them by at most ERROR of it. So every quantile is within 1.1 % of the exact one, whatever the times
were and however many parts were merged (DDSketch, Masson, Rim and Lee, VLDB 2019). The bins are those of
OpenTelemetry's exponential histograms at scale 5: there bin i has the index i + FIRST - 1. The ends are clamped: what
is faster than 10 microseconds counts as that, and what is slower than 10,000 s likewise.
"""

from collections.abc import Iterable
from itertools import chain
from math import ceil, log2
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

PER_OCTAVE: Final = 32
"""Bins from a time to twice of it."""
GAMMA: Final = 2 ** (1 / PER_OCTAVE)
"""The width of a bin: its end by its beginning."""
ERROR: Final = 0.011
"""Of a quantile at most, relative to the exact one: (GAMMA - 1) / (GAMMA + 1), and in bin 0 a little more."""
LOWEST: Final = 1e-5
HIGHEST: Final = 1e4
"""Seconds."""
FIRST: Final = ceil(log2(LOWEST) * PER_OCTAVE)
"""Bin 0 ends at 2^(FIRST / 32) seconds."""
LAST: Final = ceil(log2(HIGHEST) * PER_OCTAVE) - FIRST
"""Number of the last bin; the first is 0."""
ROUNDED: Final = 1 - 1e-12
"""Of the rank of a quantile: 0.07 x 100 is 7.000000000000001, and the eighth is not meant."""
NOT_TIMED: Final = -1
"""Stands for a bin where there is no time."""


def bins_of(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """The numbers of the bins for times; NOT_TIMED for NaN."""
    ends: NDArray[np.float64] = np.ceil(np.log2(np.clip(seconds, LOWEST, HIGHEST)) * PER_OCTAVE)
    return np.nan_to_num(ends - FIRST, nan=NOT_TIMED).astype(np.int64)


def bin_of(seconds: float) -> int:
    """The number of the bin for a time."""
    return int(bins_of(np.array([seconds]))[0])


def value_of(number: int) -> float:
    """The time that a bin stands for, in seconds: as far from one end as from the other, by their ratio to it."""
    return LOWEST if number == 0 else float(2 * 2 ** ((number + FIRST) / PER_OCTAVE) / (GAMMA + 1))


class Distribution(NamedTuple):
    """How often each bin was hit."""

    bins: tuple[tuple[int, int], ...] = ()
    """(number of the bin, how often), in the order of time; bins that were not hit are left out."""

    @classmethod
    def of(cls, counts: Iterable[tuple[int, int]]) -> "Distribution":
        """From (bin, how often) in any order; the counts of a bin that comes twice are added."""
        added: dict[int, int] = {}
        for number, count in counts:
            added[number] = added.get(number, 0) + count
        return cls(tuple(sorted([item for item in added.items() if item[1]])))

    @classmethod
    def counted(cls, numbers: NDArray[Any], counts: NDArray[Any]) -> "Distribution":
        """From numbers of bins in ascending order and how often each was hit, which is at least once."""
        return cls(tuple(zip(numbers.tolist(), counts.tolist(), strict=True)))

    @classmethod
    def merged(cls, parts: Iterable["Distribution"]) -> "Distribution":
        """All of them as one."""
        return cls.of(chain.from_iterable(part.bins for part in parts))

    def merge(self, other: "Distribution") -> "Distribution":
        """Both as one."""
        return Distribution.merged((self, other))

    def without(self, parts: "Iterable[Distribution]") -> "Distribution":
        """What is left when these parts of it are taken out."""
        left = dict(self.bins)
        for number, count in chain.from_iterable(part.bins for part in parts):
            left[number] -= count
        return Distribution(tuple([item for item in left.items() if item[1]]))

    @property
    def times(self) -> int:
        """How many times are in it."""
        return sum(map(itemgetter(1), self.bins))

    def quantile(self, share: float) -> float | None:
        """Seconds that `share` (0 to 1) of the times do not exceed; None of nothing.

        Of n times in order it is number ceil(share x n), the nearest rank: one that there was, to ERROR.
        """
        return self.quantiles(share)[0] if self.bins else None

    def quantiles(self, *shares: float) -> tuple[float, ...]:
        """The same for several shares in ascending order, at one go; zeros of nothing."""
        if not self.bins:
            return (0.0,) * len(shares)
        found, seen, times = [], 0, self.times
        bins, number = iter(self.bins), 0
        for share in shares:
            rank = max(1, ceil(share * times * ROUNDED))
            while seen < rank:
                number, count = next(bins)
                seen += count
            found.append(value_of(number))
        return tuple(found)

    @property
    def slowest(self) -> float | None:
        """Seconds of the longest time, to ERROR; None of nothing."""
        return value_of(self.bins[-1][0]) if self.bins else None


NO_TIMES: Final = Distribution()
