"""The indicators of one file in little memory: one text, and an array for each of their other parts. Pure."""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detection.intelligence.breadth import IsSuffix, is_common_suffix, too_broad
from detection.intelligence.indicator import DUPLICATE, EXPIRED, FULL, INVALID, UNSURE, FeedError, Indicator, Kind
from detection.intelligence.values import host_of_url, normal, tail_of
from traffic.text import printable

USUAL_CONFIDENCE: Final = 75
"""Percent: that of feeds that say nothing about it."""
LONGEST_VALUE: Final = 4096
"""Characters of an indicator; longer ones are invalid."""
DESCRIPTION: Final = 80
"""Characters of a description."""
DESCRIPTIONS: Final = 65_536
"""Distinct descriptions of a file; further entries have none."""
_FOREVER: Final = 2**32 - 1
_FEW: Final = 20
"""Entries below which wrong ones do not make a file suspicious."""


@dataclass(frozen=True)
class Terms:
    """Which entries of feeds are taken."""

    confidence: int = 0
    """Lowest confidence, in percent."""
    lifetime: float = inf
    """Seconds that an indicator is valid after it was last seen, if its feed does not say how long."""
    now: float = 0.0
    """What expired before is left out, in seconds since the epoch; 0 for a capture file, whose time is its packets'."""
    most: int = 1_000_000
    """Maximum indicators of a file."""
    is_suffix: IsSuffix = field(default=is_common_suffix)
    keeps_all: bool = False
    """Whether to take private and broad ones too, as in an allow list."""


@dataclass(frozen=True)
class Packed:
    """The indicators of a file, sorted by kind and hash."""

    text: bytes
    """All values, one after another."""
    starts: NDArray[np.uint32]
    lengths: NDArray[np.uint16]
    kinds: NDArray[np.uint8]
    hashes: NDArray[np.int64]
    """Python's hash of the value, which is secret in each process, so that nobody can make many equal ones."""
    confidence: NDArray[np.uint8]
    expires: NDArray[np.uint32]
    """Seconds since the epoch; the highest number means never."""
    described: NDArray[np.uint32]
    """Places in `descriptions`."""
    descriptions: list[str]
    url_hosts: NDArray[np.int64]
    """Hashes of the hosts of URLs."""
    tails: NDArray[np.int64]
    """Hashes of the last two labels of domains."""

    def __len__(self) -> int:
        return len(self.starts)

    def value(self, row: int) -> str:
        """Return the value of an indicator."""
        start = int(self.starts[row])
        return self.text[start : start + int(self.lengths[row])].decode("utf-8")


class Packer:
    """Takes the entries of a file; `counts` says how many were left out, and why."""

    def __init__(self, terms: Terms) -> None:
        self.counts: Counter[str] = Counter()
        self._terms = terms
        self._text = bytearray()
        self._starts, self._lengths, self._kinds = array("I"), array("H"), array("B")
        self._hashes, self._hosts, self._tails = array("q"), array("q"), array("q")
        self._confidence, self._expires, self._described = array("B"), array("I"), array("I")
        self._descriptions = {"": 0}

    def take(self, entries: Iterable[Indicator | str]) -> None:
        """Take entries, and count those that are left out.

        Raises:
            FeedError: most of them are invalid.
        """
        for entry in entries:
            reason = entry if isinstance(entry, str) else self._add(entry)
            if reason:
                self.counts[reason] += 1
        wrong = self.counts[INVALID]
        if wrong >= _FEW and wrong > len(self._starts) + self.counts.total() - wrong:
            raise FeedError(f"is no list of indicators: {wrong:,} entries are invalid")

    def packed(self) -> Packed:
        """Return what was taken, each value once.

        Raises:
            FeedError: nothing was taken.
        """
        if not self._starts:
            raise FeedError("has no indicators" + (f": {self.left_out}" if self.counts else ""))
        kinds, hashes = np.array(self._kinds, np.uint8), np.array(self._hashes, np.int64)
        order = np.lexsort((hashes, kinds))
        starts, lengths = np.array(self._starts, np.uint32), np.array(self._lengths, np.uint16)
        order = self._without_duplicates(order, kinds, hashes)
        return Packed(
            bytes(self._text), starts[order], lengths[order], kinds[order], hashes[order],
            np.array(self._confidence, np.uint8)[order], np.array(self._expires, np.uint32)[order],
            np.array(self._described, np.uint32)[order], [*self._descriptions],
            np.unique(np.array(self._hosts, np.int64)), np.unique(np.array(self._tails, np.int64)),
        )  # fmt: skip

    @property
    def left_out(self) -> str:
        """What was left out, in words."""
        return ", ".join(f"{count:,} {reason}" for reason, count in sorted(self.counts.items()))

    def _add(self, raw: Indicator) -> str:
        """Add an indicator, or return why it is left out."""
        indicator = normal(raw) if len(raw.value) <= LONGEST_VALUE else None
        if indicator is None or indicator.kind is None:
            return INVALID
        confidence = USUAL_CONFIDENCE if indicator.confidence is None else indicator.confidence
        expires = self._end_of(indicator)
        if confidence < self._terms.confidence:
            return UNSURE
        if expires < self._terms.now:
            return EXPIRED
        broad = "" if self._terms.keeps_all else too_broad(indicator.kind, indicator.value, self._terms.is_suffix)
        if broad:
            return broad
        if len(self._starts) >= self._terms.most:
            return FULL
        self._keep(indicator, indicator.kind, confidence, int(min(max(expires, 0), _FOREVER)))
        return ""

    def _keep(self, indicator: Indicator, kind: Kind, confidence: int, expires: int) -> None:
        value = indicator.value.encode("utf-8", "replace")
        self._starts.append(len(self._text))
        self._lengths.append(len(value))
        self._text += value
        self._kinds.append(kind)
        self._hashes.append(hash(indicator.value))
        self._confidence.append(confidence)
        self._expires.append(expires)
        self._described.append(self._place_of(indicator.description))
        if kind is Kind.URL:
            self._hosts.append(hash(host_of_url(indicator.value)))
        elif kind is Kind.DOMAIN:
            self._tails.append(hash(tail_of(indicator.value)))

    def _end_of(self, indicator: Indicator) -> float:
        if indicator.expires is not None:
            return indicator.expires
        return inf if indicator.seen is None else indicator.seen + self._terms.lifetime

    def _place_of(self, description: str) -> int:
        place = self._descriptions.get(description)
        if place is not None:
            return place
        text = printable(description[:DESCRIPTION].encode("utf-8", "replace"), DESCRIPTION)
        place = self._descriptions.get(text)
        if place is None:
            if len(self._descriptions) >= DESCRIPTIONS:
                return 0
            place = self._descriptions[text] = len(self._descriptions)
        return place

    def _without_duplicates(
        self, order: NDArray[np.int64], kinds: NDArray[np.uint8], hashes: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Leave out rows whose kind and value another row has."""
        kinds, hashes = kinds[order], hashes[order]
        equal = (kinds[1:] == kinds[:-1]) & (hashes[1:] == hashes[:-1])
        keep = np.ones(len(order), np.bool_)
        for number in (equal.nonzero()[0] + 1).tolist():
            keep[number] = self._value(int(order[number])) != self._value(int(order[number - 1]))
        self.counts[DUPLICATE] += int(len(order) - keep.sum())
        self.counts += Counter()  # leaves out zeros
        return order[keep]

    def _value(self, row: int) -> bytes:
        start = self._starts[row]
        return bytes(self._text[start : start + self._lengths[row]])
