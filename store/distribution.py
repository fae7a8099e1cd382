"""How times are distributed: counts of logarithmic bins, which any two parts merge by adding.

Bin i > 0 holds the times above LOWEST x GAMMA^(i-1), up to LOWEST x GAMMA^i, and stands for one value that is off from
each of them by at most ERROR of it. So every quantile is within 1 % of the exact one, whatever the times were and
however many parts were merged (DDSketch, Masson, Rim and Lee, VLDB 2019). The ends are clamped: what is faster than
10 microseconds counts as that, and what is slower than 10,000 s likewise.
"""

from collections.abc import Iterable
from itertools import chain
from math import ceil, log
from typing import Final, NamedTuple

ERROR: Final = 0.01
"""Of a quantile, relative to the exact one."""
LOWEST: Final = 1e-5
HIGHEST: Final = 1e4
"""Seconds."""
GAMMA: Final = (1 + ERROR) / (1 - ERROR)
"""The width of a bin: its end by its beginning."""
SCALE: Final = 1 / log(GAMMA)
PER_LOWEST: Final = 1 / LOWEST
LAST: Final = ceil(log(HIGHEST / LOWEST) * SCALE)
"""Number of the last bin; the first is 0."""
ROUNDED: Final = 1 - 1e-12
"""Of the rank of a quantile: 0.07 x 100 is 7.000000000000001, and the eighth is not meant."""
NOT_TIMED: Final = LAST + 1
"""Stands for a bin where there is no time. A distribution leaves it out."""


def bin_of(seconds: float) -> int:
    """The number of the bin for a time."""
    if seconds <= LOWEST:
        return 0
    return LAST if seconds >= HIGHEST else ceil(log(seconds * PER_LOWEST) * SCALE)


def bins_of(seconds: Iterable[float | None]) -> list[int]:
    """The numbers of the bins for times; NOT_TIMED for None."""
    return [
        NOT_TIMED
        if value is None
        else (ceil(log(value * PER_LOWEST) * SCALE) if LOWEST < value < HIGHEST else bin_of(value))
        for value in seconds
    ]


def value_of(number: int) -> float:
    """The time that a bin stands for, in seconds."""
    return LOWEST if number == 0 else float(2 * LOWEST * GAMMA**number / (GAMMA + 1))


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
        added.pop(NOT_TIMED, None)
        return cls(tuple(sorted([item for item in added.items() if item[1]])))

    @classmethod
    def merged(cls, parts: Iterable["Distribution"]) -> "Distribution":
        """All of them as one."""
        return cls.of(chain.from_iterable(part.bins for part in parts))

    def merge(self, other: "Distribution") -> "Distribution":
        """Both as one."""
        return Distribution.merged((self, other))

    def without(self, part: "Distribution") -> "Distribution":
        """What is left when a part of it is taken out."""
        return Distribution.of(chain(self.bins, ((number, -count) for number, count in part.bins)))

    @property
    def times(self) -> int:
        """How many times are in it."""
        return sum(count for _, count in self.bins)

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
