"""Which subjects matter: those that have a considerable part of the traffic for days, but not all of it: what is usual
for the whole traffic, other signals judge.

The amounts of traffic fade, half in two days. Instead of all that was counted, the weight of what is counted changes.
"""

from collections.abc import Mapping
from typing import Final

HALF_LIFE: Final = 1440.0
"""Buckets in which an amount fades to half: two days of 120 s each."""
LEAST_SHARE: Final = 0.05
"""Share of the largest subject from which on a subject is prominent."""
FADED_SHARE: Final = 0.02
"""Share below which it is no longer."""
MOST_SHARE: Final = 0.9
"""Share of the whole traffic from which on a subject is the whole, and not judged for itself."""
WHOLE_SHARE: Final = 0.95
"""Share above which a subject that was judged has become the whole."""
MAX_CANDIDATES: Final = 1000
"""Maximum subjects whose traffic is known. The smaller half makes room for new ones."""
_LARGE: Final = 1e100


class Prominence:
    """The traffic of subjects over some days."""

    def __init__(self) -> None:
        self._amounts: dict[str, float] = {}
        self._largest = 0.0
        self._whole = 0.0
        self._buckets = 0.0
        self._weight = 1.0

    def __len__(self) -> int:
        return len(self._amounts)

    def take(self, traffic: Mapping[str, float], whole: float, buckets: float) -> None:
        """Count the traffic of each subject, and the whole traffic, in so many buckets."""
        amounts, weight = self._amounts, self._weight
        self._whole += weight * whole
        self._buckets += weight * buckets
        for subject, amount in traffic.items():
            amounts[subject] = amounts.get(subject, 0.0) + weight * amount
        self._weight *= 2 ** (buckets / HALF_LIFE)
        if self._weight > _LARGE:
            self._amounts = {subject: amount / self._weight for subject, amount in amounts.items()}
            self._whole /= self._weight
            self._buckets /= self._weight
            self._weight = 1.0
        if len(self._amounts) > MAX_CANDIDATES:
            kept = sorted(self._amounts, key=lambda subject: -self._amounts[subject])[: MAX_CANDIDATES // 2]
            self._amounts = {subject: self._amounts[subject] for subject in kept}
        self._largest = max(self._amounts.values(), default=0.0)

    def mean(self, subject: str) -> float:
        """Return the mean traffic of a subject in a bucket, over some days; 0 before the first one."""
        return self._amounts.get(subject, 0.0) / self._buckets if self._buckets else 0.0

    def is_prominent(self, subject: str) -> bool:
        """Whether a subject deserves a season."""
        return LEAST_SHARE * self._largest <= self._amounts.get(subject, 0.0) < MOST_SHARE * self._whole

    def is_small(self, subject: str) -> bool:
        """Whether a subject is too small, or too new, for a season."""
        return self._amounts.get(subject, 0.0) < LEAST_SHARE * self._largest

    def has_faded(self, subject: str) -> bool:
        """Whether a subject that was prominent has become small, or the whole."""
        amount = self._amounts.get(subject, 0.0)
        return amount < FADED_SHARE * self._largest or amount > WHOLE_SHARE * self._whole
