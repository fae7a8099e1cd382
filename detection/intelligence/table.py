"""Finds values of the traffic among the indicators of all feeds, for many values at once. Pure.

A value is compared with the hashes first, in sorted arrays; what has an equal hash is compared as text, so nothing is
found that is not listed.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detection.intelligence.addresses import packed
from detection.intelligence.indicator import Kind
from detection.intelligence.marks import Marks
from detection.intelligence.networks import Networks
from detection.intelligence.packing import Packed
from detection.intelligence.values import ascii_name, host_of_url, tail_of

MOST_PARENTS: Final = 16
"""Domains above a name that are looked up, the nearest ones."""

_HASHED: Final = tuple(kind for kind in Kind if kind is not Kind.NETWORK)
_ByHash = tuple[NDArray[np.int64], NDArray[np.uint32], Marks]
"""Sorted hashes, the row of each, and marks, so that most values that are not listed need no search."""


class Feed(NamedTuple):
    """The indicators of a file."""

    name: str
    indicators: Packed


class Match(NamedTuple):
    """An indicator that a value was found to have."""

    kind: Kind
    indicator: str
    feed: str
    description: str
    confidence: int
    """Percent."""
    expires: int
    """Seconds since the epoch."""


Found = dict[int, list[Match]]
"""What was found, by the place of the value."""


class Table:
    """The indicators of all feeds. It never changes; a new one takes its place."""

    def __init__(self, feeds: Sequence[Feed] = ()) -> None:
        self._feeds = tuple(feeds)
        self._bases = np.cumsum([0, *(len(feed.indicators) for feed in feeds)])
        self._sorted: dict[Kind, _ByHash] = {kind: self._by_hash(kind) for kind in _HASHED}
        self._tails = Marks(_joined([feed.indicators.tails for feed in feeds]))
        self._url_hosts = Marks(_joined([feed.indicators.url_hosts for feed in feeds]))
        self._networks = Networks((self._value(row), row) for row in self._rows_of(Kind.NETWORK).tolist())

    def __len__(self) -> int:
        return int(self._bases[-1])

    def has(self, *kinds: Kind) -> bool:
        """Return whether there are indicators of one of these kinds."""
        return any(len(self._networks) if kind is Kind.NETWORK else len(self._sorted[kind][0]) for kind in kinds)

    def exact(self, kind: Kind, values: Sequence[str]) -> Found:
        """Find values that are listed as they are."""
        found: Found = {}
        for number, row in self._equal(kind, values):
            found.setdefault(number, []).append(self._match(row))
        return found

    def domains(self, names: Sequence[str]) -> Found:
        """Find names that are listed themselves, or by a domain above them."""
        if not self.has(Kind.DOMAIN) or not names:
            return {}
        names = [name if name.isascii() else ascii_name(name) for name in names]
        (possible,) = self._tails.may_have(_hashes_of([*map(tail_of, names)])).nonzero()
        candidates, owners = _with_parents(names, possible.tolist())
        found: Found = {}
        for place, row in self._equal(Kind.DOMAIN, candidates):
            found.setdefault(owners[place], []).append(self._match(row))
        return found

    def addresses(self, texts: Sequence[str]) -> Found:
        """Find addresses that are listed themselves, or by a network that contains them."""
        found = self.exact(Kind.ADDRESS, texts)
        if len(self._networks):
            for number, row in self._networks.find([packed(text) for text in texts]):
                found.setdefault(number, []).append(self._match(row))
        return found

    def hosts(self, names: Sequence[str]) -> Found:
        """Find hosts, which are names or addresses."""
        found = self.domains(names)
        literal = [number for number, name in enumerate(names) if name[-1:].isdigit() or ":" in name]
        for number, matches in self.addresses([names[number] for number in literal]).items():
            found.setdefault(literal[number], []).extend(matches)
        return found

    def have_urls(self, hosts: Sequence[str]) -> NDArray[np.bool_]:
        """Mark the hosts that may have listed URLs: few, so that only their URLs need to be looked up."""
        return self._url_hosts.may_have(_hashes_of(hosts))

    def covers(self, match: Match, value: str) -> bool:
        """Return whether this table, an allow list, has the value that matched, or a host or network around it."""
        if match.kind in (Kind.ADDRESS, Kind.NETWORK, Kind.DOMAIN):
            return bool(self.hosts([value]))
        if match.kind is Kind.URL:
            return bool(self.hosts([host_of_url(value)]) or self.exact(Kind.URL, [value]))
        return any(self.exact(kind, [value]) for kind in (match.kind, Kind.FILE))  # a plain list says no kind

    def _equal(self, kind: Kind, values: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Yield the place of each listed value, and the row of its indicator."""
        hashes, rows, marks = self._sorted[kind]
        if not len(hashes) or not values:
            return
        wanted = _hashes_of(values)
        (numbers,) = marks.may_have(wanted).nonzero()
        for number, place in zip(numbers.tolist(), np.searchsorted(hashes, wanted[numbers]).tolist(), strict=True):
            while place < len(hashes) and hashes[place] == wanted[number]:
                if self._value(int(rows[place])) == values[number]:
                    yield number, int(rows[place])
                place += 1

    def _by_hash(self, kind: Kind) -> _ByHash:
        rows = self._rows_of(kind)
        hashes = _joined([feed.indicators.hashes[feed.indicators.kinds == kind] for feed in self._feeds])
        order = np.argsort(hashes, kind="stable")
        return hashes[order], rows[order], Marks(hashes)

    def _rows_of(self, kind: Kind) -> NDArray[np.uint32]:
        rows = [
            (feed.indicators.kinds == kind).nonzero()[0] + base
            for feed, base in zip(self._feeds, self._bases, strict=False)
        ]
        return np.concatenate(rows).astype(np.uint32) if rows else np.empty(0, np.uint32)

    def _place(self, row: int) -> tuple[Feed, int]:
        number = int(np.searchsorted(self._bases, row, side="right")) - 1
        return self._feeds[number], row - int(self._bases[number])

    def _value(self, row: int) -> str:
        feed, own = self._place(row)
        return feed.indicators.value(own)

    def _match(self, row: int) -> Match:
        feed, own = self._place(row)
        listed = feed.indicators
        return Match(
            Kind(int(listed.kinds[own])), listed.value(own), feed.name,
            listed.descriptions[int(listed.described[own])], int(listed.confidence[own]), int(listed.expires[own]),
        )  # fmt: skip


def _hashes_of(values: Sequence[str]) -> NDArray[np.int64]:
    return np.fromiter(map(hash, values), np.int64, len(values))


def _joined(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _with_parents(names: Sequence[str], numbers: Sequence[int]) -> tuple[list[str], list[int]]:
    """Return the names with these numbers and the domains above them, and for each of these the number of the name."""
    candidates, owners = [], []
    for number in numbers:
        name = names[number]
        candidates.append(name)
        owners.append(number)
        begin, left = name.find(".") + 1, MOST_PARENTS
        while left and begin and (following := name.find(".", begin) + 1):  # single labels are never listed
            candidates.append(name[begin:])
            owners.append(number)
            begin, left = following, left - 1
    return candidates, owners
