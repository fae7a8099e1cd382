"""Which subjects matter: those that have a considerable part of the traffic for days.

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
MAX_CANDIDATES: Final = 1000
"""Maximum subjects whose traffic is known. The smaller half makes room for new ones."""
_LARGE: Final = 1e100


class Prominence:
    """The traffic of subjects over some days."""

    def __init__(self) -> None:
        self._amounts: dict[str, float] = {}
        self._largest = 0.0
        self._weight = 1.0

    def __len__(self) -> int:
        return len(self._amounts)

    def take(self, traffic: Mapping[str, float], buckets: float) -> None:
        """Count the traffic of each subject in so many buckets."""
        amounts, weight = self._amounts, self._weight
        for subject, amount in traffic.items():
            amounts[subject] = amounts.get(subject, 0.0) + weight * amount
        self._weight *= 2 ** (buckets / HALF_LIFE)
        if self._weight > _LARGE:
            self._amounts = {subject: amount / self._weight for subject, amount in amounts.items()}
            self._weight = 1.0
        if len(self._amounts) > MAX_CANDIDATES:
            kept = sorted(self._amounts, key=lambda subject: -self._amounts[subject])[: MAX_CANDIDATES // 2]
            self._amounts = {subject: self._amounts[subject] for subject in kept}
        self._largest = max(self._amounts.values(), default=0.0)

    def is_prominent(self, subject: str) -> bool:
        """Whether a subject deserves a season."""
        return self._amounts.get(subject, 0.0) >= LEAST_SHARE * self._largest

    def has_faded(self, subject: str) -> bool:
        """Whether a subject that was prominent has become small."""
        return self._amounts.get(subject, 0.0) < FADED_SHARE * self._largest
