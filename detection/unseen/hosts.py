"""What the requests of each host are like: counts that age, for a bounded number of hosts. Pure."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.ma  # NumPy's `unique` would import it later, when the process is locked down
from numpy.typing import NDArray

from detection.unseen.usual import AMOUNTS, CATEGORIES, LEVELS, Reached, Requests

BINS: Final = 256
"""Values of a category."""
MEMORY: Final = 4096
"""Requests after which the counts of a host are halved: older ones count less and less."""
PER_HOST: Final = 2 * (len(AMOUNTS) * LEVELS + CATEGORIES * BINS) + 200
"""Bytes of memory of a host: its counts, its name, and its place."""

_BINS: Final = np.arange(CATEGORIES) * BINS


class Hosts:
    """The counts of the hosts that were asked for last. Each has a place; a host that is new takes that of the one
    which nobody asked for longest.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        """Hosts of which counts are kept."""
        self._places: OrderedDict[str, int] = OrderedDict()
        self.requests: NDArray[np.int64] = np.zeros(0, np.int64)
        """Requests learned from, at each place."""
        self.reached: NDArray[np.uint16] = np.zeros((0, len(AMOUNTS), LEVELS), np.uint16)
        """How many of them reach each level of each amount."""
        self.seen: NDArray[np.uint16] = np.zeros((0, CATEGORIES, BINS), np.uint16)
        """How many of them are in each bin of each category."""
        self.distinct: NDArray[np.int64] = np.zeros((0, CATEGORIES), np.int64)
        """Bins of each category that are in use."""
        self.strangest: NDArray[np.float64] = np.zeros(0)
        """The highest score of a request learned from, which fades."""

    def __len__(self) -> int:
        return len(self._places)

    @property
    def known(self) -> list[tuple[str, int]]:
        """The names and places of the hosts; the one that was asked for last comes last."""
        return list(self._places.items())

    def places(self, names: Sequence[str]) -> NDArray[np.intp]:
        """Return the places of hosts, at most as many as are kept. Those that are new have no requests."""
        return np.array([self._place(name) for name in names], np.intp)

    def _place(self, name: str) -> int:
        place = self._places.get(name)
        if place is not None:
            self._places.move_to_end(name)
            return place
        if len(self._places) >= self.most:
            _, place = self._places.popitem(last=False)
            self._clear(place)
        else:
            place = len(self._places)
            self._grow(place + 1)
        self._places[name] = place
        return place

    def _clear(self, place: int) -> None:
        for counts in (self.requests, self.reached, self.seen, self.distinct, self.strangest):
            counts[place] = 0

    def _grow(self, size: int) -> None:
        """Make room for hosts, twice as many as before, so that few hosts need little memory."""
        if size <= len(self.requests):
            return
        room = min(max(2 * len(self.requests), 8), self.most)
        for name in ("requests", "reached", "seen", "distinct", "strangest"):
            counts = getattr(self, name)
            larger = np.zeros((room, *counts.shape[1:]), counts.dtype)
            larger[: len(counts)] = counts
            setattr(self, name, larger)

    def learn(self, places: NDArray[np.intp], requests: Requests, scores: NDArray[np.float64]) -> None:
        """Count requests, at most `MEMORY` of a host: for each, the place of its host, and its score."""
        if not len(places):
            return
        counts = np.bincount(places)
        (touched,) = counts.nonzero()
        own = np.empty(len(counts), np.intp)
        own[touched] = np.arange(len(touched))
        counts = counts[touched]
        self.requests[touched] += counts
        self._count_levels(touched, own[places], counts, requests.reached)
        self._count_bins(places, requests.features[:, :CATEGORIES])
        self.strangest[touched] *= 0.999**counts
        (strange,) = scores.nonzero()
        np.maximum.at(self.strangest, places[strange], scores[strange])
        for place in touched[self.requests[touched] > MEMORY].tolist():
            self._age(place)

    def _count_levels(
        self, touched: NDArray[np.intp], own: NDArray[np.intp], requests: NDArray[np.intp], reached: Reached
    ) -> None:
        """Count which levels are reached by how many requests; each reaches all levels below its own."""
        width = len(AMOUNTS) * LEVELS
        cells = (own * width).take(reached.rows) + reached.cells
        counts = np.bincount(cells, minlength=len(touched) * width).reshape(len(touched), -1, LEVELS)
        counts = np.cumsum(counts[:, :, ::-1], axis=2)[:, :, ::-1]
        counts[:, :, 0] = requests[:, None]
        self.reached[touched] += counts.astype(np.uint16)

    def _count_bins(self, places: NDArray[np.intp], categories: NDArray[np.uint8]) -> None:
        cells = (places * (CATEGORIES * BINS))[:, None] + _BINS + categories
        flat = self.seen.reshape(-1)
        (fresh,) = (flat.take(cells) == 0).ravel().nonzero()
        if len(fresh):
            np.add.at(self.distinct.reshape(-1), np.unique(cells.ravel()[fresh]) // BINS, 1)
        np.add.at(flat, cells.ravel(), np.uint16(1))

    def _age(self, place: int) -> None:
        """Halve the counts of a host. What was seen once stays for another half of the memory."""
        while self.requests[place] > MEMORY:
            self.requests[place] //= 2
            self.reached[place] //= 2
            self.seen[place] //= 2
        self.distinct[place] = (self.seen[place] > 0).sum(axis=1)
