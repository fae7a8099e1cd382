"""One batch made of those of several decoders that shared the traffic.

Rows of a table are in the order of their times, as far as each decoder's own order allows.
"""

from collections.abc import Sequence
from heapq import merge
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traffic.batch import ABSENT, FLOATS, Batch, Table, Texts


class MergedBatch:
    """The records of several batches; see `traffic.batch.Batch`."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._batches = [batch for batch in batches if len(batch)] or list(batches[:1])
        self._tables: dict[type, Table] = {}
        self._dictionaries = Dictionaries()

    def __len__(self) -> int:
        return sum(map(len, self._batches))

    def table(self, kind: type) -> Table:
        """See `Batch`."""
        if kind not in self._tables:
            tables = [table for batch in self._batches if len(table := batch.table(kind))]
            if len(tables) > 1:
                self._tables[kind] = MergedTable(kind, tables, self._dictionaries)
            else:
                self._tables[kind] = tables[0] if tables else self._batches[0].table(kind)
        return self._tables[kind]

    def records(self) -> list[Any]:
        """See `Batch`."""
        return list(merge(*(batch.records() for batch in self._batches), key=lambda record: float(record.time)))


class Dictionaries:
    """The distinct texts of several dictionaries. Columns often share one, so each is merged once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], _Dictionary] = {}

    def merged(self, columns: Sequence[Texts]) -> Texts:
        """Return the rows of all columns, one after the other."""
        sources = [column.values for column in columns]
        key = tuple(map(id, sources))  # they are kept, so that no other can have the same number
        if key not in self._known:
            self._known[key] = _Dictionary(sources)
        known = self._known[key]
        return Texts(
            np.concatenate([own[column.codes] for own, column in zip(known.codes, columns, strict=True)]), known.values
        )


class _Dictionary:
    """The distinct texts of several dictionaries."""

    def __init__(self, sources: Sequence[Sequence[str]]) -> None:
        self.sources = sources
        self.codes: list[NDArray[np.int32]] = []
        """The new code of each old one; ABSENT, the last place, stays as it is."""
        places: dict[str, int] = {}
        for source in sources:
            # Most work is done by loops in C: there may be a new text for each row.
            new = [text for text in dict.fromkeys(source) if text not in places]
            places.update(zip(new, count(len(places)), strict=False))
            self.codes.append(np.array([*map(places.__getitem__, source), ABSENT], np.int32))
        self.values = list(places)


class MergedTable:
    """The records of one kind from several batches; see `traffic.batch.Table`."""

    def __init__(self, kind: type, tables: Sequence[Table], dictionaries: Dictionaries) -> None:
        """All of `tables` have rows."""
        self._tables = tables
        self._dictionaries = dictionaries
        self._texts: dict[str, Texts] = {}
        self._numbers: dict[str, NDArray[Any]] = {}
        self._order = in_order([table.numbers("time") for table in tables]) if kind in FLOATS else None

    def __len__(self) -> int:
        return sum(map(len, self._tables))

    def texts(self, name: str) -> Texts:
        """See `Table`."""
        if name not in self._texts:
            codes, values = self._dictionaries.merged([table.texts(name) for table in self._tables])
            self._texts[name] = Texts(self._sorted(codes), values)
        return self._texts[name]

    def numbers(self, name: str) -> NDArray[Any]:
        """See `Table`."""
        if name not in self._numbers:
            self._numbers[name] = self._sorted(np.concatenate([table.numbers(name) for table in self._tables]))
        return self._numbers[name]

    def features(self) -> NDArray[np.uint8]:
        """See `Table`."""
        return self._sorted(np.concatenate([table.features() for table in self._tables]))

    def records(self) -> list[Any]:
        """See `Table`."""
        records = [record for table in self._tables for record in table.records()]
        return records if self._order is None else [records[place] for place in self._order.tolist()]

    def _sorted(self, column: NDArray[Any]) -> NDArray[Any]:
        return column if self._order is None else column[self._order]


def in_order(times: Sequence[NDArray[np.float64]]) -> NDArray[np.int64]:
    """Return the places of rows in the order of time; those of one table stay in their order."""
    latest = np.concatenate([np.fmax.accumulate(each) for each in times])
    return np.argsort(latest, kind="stable")
