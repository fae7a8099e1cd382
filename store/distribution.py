"""Distributions of times, as counts in logarithmic bins; two distributions merge by addition.

Bin i holds the times above 2^((i + FIRST - 1) / 32) seconds, up to 2^((i + FIRST) / 32). It is represented by one value
whose relative error is at most ERROR, so every quantile is within 1.1 % of the exact one, whatever the times were and
however many parts were merged (DDSketch: Masson, Rim and Lee, VLDB 2019). The bins are those of OpenTelemetry's
exponential histograms at scale 5, where bin i has the index i + FIRST - 1. Times below 10 microseconds or above 10,000
s are clamped to these limits.
"""

from collections.abc import Iterable
from itertools import chain
from math import ceil, log2
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

PER_OCTAVE: Final = 32
"""Bins per doubling of the time."""
GAMMA: Final = 2 ** (1 / PER_OCTAVE)
"""Ratio of a bin's upper end to its lower end."""
ERROR: Final = 0.011
"""Maximum relative error of a quantile: (GAMMA - 1) / (GAMMA + 1), slightly more in bin 0."""
LOWEST: Final = 1e-5
HIGHEST: Final = 1e4
"""Limits of the times, in seconds."""
FIRST: Final = ceil(log2(LOWEST) * PER_OCTAVE)
"""Bin 0 ends at 2^(FIRST / 32) seconds."""
LAST: Final = ceil(log2(HIGHEST) * PER_OCTAVE) - FIRST
"""Number of the last bin; the first is 0."""
ROUNDED: Final = 1 - 1e-12
"""Corrects rounding errors in the rank of a quantile: 0.07 x 100 is 7.000000000000001, but must not give 8."""
NOT_TIMED: Final = -1
"""Bin of a record without a time."""


def bins_of(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the bin numbers of times in seconds; NOT_TIMED for NaN."""
    ends: NDArray[np.float64] = np.ceil(np.log2(np.clip(seconds, LOWEST, HIGHEST)) * PER_OCTAVE)
    return np.nan_to_num(ends - FIRST, nan=NOT_TIMED).astype(np.int64)


def bin_of(seconds: float) -> int:
    """Return the bin number of a time in seconds."""
    return int(bins_of(np.array([seconds]))[0])


def value_of(number: int) -> float:
    """Return the time that represents a bin, in seconds: the relative error is the same at both ends."""
    return LOWEST if number == 0 else float(2 * 2 ** ((number + FIRST) / PER_OCTAVE) / (GAMMA + 1))


class Distribution(NamedTuple):
    """How often each bin was hit."""

    bins: tuple[tuple[int, int], ...] = ()
    """(bin number, hits), in ascending order, without the bins that were not hit."""

    @classmethod
    def of(cls, counts: Iterable[tuple[int, int]]) -> "Distribution":
        """Build from (bin number, hits) pairs in any order; hits of the same bin are added."""
        added: dict[int, int] = {}
        for number, count in counts:
            added[number] = added.get(number, 0) + count
        return cls(tuple(sorted([item for item in added.items() if item[1]])))

    @classmethod
    def counted(cls, numbers: NDArray[Any], counts: NDArray[Any]) -> "Distribution":
        """Build from ascending bin numbers and how often each was hit, at least once."""
        return cls(tuple(zip(numbers.tolist(), counts.tolist(), strict=True)))

    @classmethod
    def merged(cls, parts: Iterable["Distribution"]) -> "Distribution":
        """Merge all parts."""
        return cls.of(chain.from_iterable(part.bins for part in parts))

    def merge(self, other: "Distribution") -> "Distribution":
        """Merge with another distribution."""
        return Distribution.merged((self, other))

    def without(self, parts: "Iterable[Distribution]") -> "Distribution":
        """Return what is left after these parts are subtracted."""
        left = dict(self.bins)
        for number, count in chain.from_iterable(part.bins for part in parts):
            left[number] -= count
        return Distribution(tuple([item for item in left.items() if item[1]]))

    @property
    def times(self) -> int:
        """Number of times counted."""
        return sum(map(itemgetter(1), self.bins))

    def quantile(self, share: float) -> float | None:
        """Return the seconds that `share` (0 to 1) of the times do not exceed; None if there are no times.

        It is the nearest rank: number ceil(share x n) of n times in ascending order, so a time that occurred, within
        ERROR.
        """
        return self.quantiles(share)[0] if self.bins else None

    def quantiles(self, *shares: float) -> tuple[float, ...]:
        """Return several quantiles at once; the shares must be ascending. Without times, all are 0."""
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
        """Longest time in seconds, within ERROR; None if there are no times."""
        return value_of(self.bins[-1][0]) if self.bins else None


NO_TIMES: Final = Distribution()
