"""Counts answers and how long they took. Pure."""

from collections import Counter
from math import log2
from typing import Final

PER_DOUBLING: Final = 4
"""Bins of times in a doubling: a percentile is at most 19 % too high."""
_SHORTEST: Final = 1e-6


class Times:
    """Times of answers, counted in bins that grow with them."""

    def __init__(self) -> None:
        self._bins = Counter[int]()

    def add(self, seconds: float) -> None:
        """Count a time."""
        self._bins[int(log2(max(seconds, _SHORTEST) / _SHORTEST) * PER_DOUBLING)] += 1

    def percentile(self, percent: float) -> float:
        """Return the end of the bin in seconds below which so many of a hundred times are; 0 without times."""
        left = self._bins.total() * percent / 100
        for place in sorted(self._bins):
            left -= self._bins[place]
            if left <= 0:
                return float(_SHORTEST * 2 ** ((place + 1) / PER_DOUBLING))
        return 0.0


class Tally:
    """Answers since the last line."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        """Questions and answers by kind: `KINDS`, and reasons of undecided ones."""
        self.times = Times()

    def note(self, kind: str, seconds: float) -> None:
        """Count an answer, and how long it took."""
        self.counts[kind] += 1
        self.times.add(seconds)

    @property
    def questions(self) -> int:
        """Questions that were answered."""
        return sum(self.counts[kind] for kind in KINDS)


PREFILTER: Final = "by the prefilter"
RULES: Final = "by the rules"
BLOCKED: Final = "blocked"
WOULD_BLOCK: Final = "would be blocked"
UNDECIDED: Final = "undecided"
OFF: Final = "off"
KINDS: Final = (PREFILTER, RULES, BLOCKED, WOULD_BLOCK, UNDECIDED, OFF)
"""What an answer is counted as: passed because no rule can match, or because too few did; and what it says."""


def status_line(tally: Tally, seconds: float) -> str:
    """Return a line about the answers of so many seconds."""
    count = tally.counts
    parts = [
        f"{tally.questions / max(seconds, 1e-9):,.1f} questions/s",
        *(f"{count[kind]:,} {kind}" for kind in KINDS if count[kind] or kind != OFF),
        f"p50 {_milliseconds(tally.times.percentile(50))}",
        f"p99 {_milliseconds(tally.times.percentile(99))}",
    ]
    return ", ".join(parts)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms"
