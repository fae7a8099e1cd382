"""How different texts are: the share of distinct ones in a sample, and what that usually is. Pure."""

from collections.abc import Iterable
from typing import Final

from detection.rates import LEAST, PERIODS
from detection.tally import LATE

FEW: Final = 30
"""Texts of a sample below which it does not count as varied: the only visitor of a night asks for nothing twice."""


class Variety:
    """Takes the first `most` texts of each `half`, in seconds; they are kept as hashes."""

    def __init__(self, half: float, most: int) -> None:
        self.sampled = 0
        """Texts of the current sample."""
        self.usual: float | None = None
        """Average share of the earlier samples, of which small ones have none; None if there were too few."""
        self._half, self._most = half, most
        self._number = 0
        self._distinct: set[int] = set()
        self._samples, self._average = 0, 0.0

    @property
    def share(self) -> float:
        """Share of the distinct ones in the current sample."""
        return len(self._distinct) / max(self.sampled, 1)

    def add(self, time: float, texts: Iterable[str]) -> None:
        """Add texts at a time; late ones belong to the current sample."""
        number = int(time // self._half)
        if number > self._number or number < self._number - LATE:
            self._close()
            self._number = number
        room = self._most - self.sampled
        for text, _ in zip(texts, range(room), strict=False):
            self.sampled += 1
            self._distinct.add(hash(text))

    def _close(self) -> None:
        if self.sampled:
            self._samples = min(self._samples + 1, PERIODS)
            share = self.share if self.sampled >= min(FEW, self._most // 2) else 0.0
            self._average += (share - self._average) / self._samples
            self.usual = self._average if self._samples >= LEAST else None
        self.sampled = 0
        self._distinct.clear()
