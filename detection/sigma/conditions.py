"""The condition of a rule: marks the rows of a table that it fits. Pure."""

from collections.abc import Callable, Mapping, Sequence
from operator import eq, ge, gt, le, lt
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detection.exchanges import marked
from detection.networks import within
from detection.sigma.fields import column_of
from traffic.batch import ABSENT, Table, Texts

Marks = NDArray[np.bool_]
COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = MappingProxyType(
    {"EQ": eq, "LT": lt, "LTE": le, "GT": gt, "GTE": ge}
)


class Columns:
    """The columns of a table, and which patterns their texts have. Each is found out once."""

    def __init__(self, table: Table, searches: Mapping[str, Callable[[str], Sequence[int]]]) -> None:
        """`searches` has a search for each column with patterns."""
        self._table = table
        self._searches = searches
        self._texts: dict[str, Texts] = {}
        self._codes: dict[str, dict[int, list[int]]] = {}
        self.none: Marks = np.zeros(len(table), np.bool_)
        """Marks without a row. Callers must not write to it."""

    def texts(self, column: str) -> Texts:
        """Return a column of texts."""
        if column not in self._texts:
            self._texts[column] = column_of(self._table, column)
        return self._texts[column]

    def numbers(self, column: str) -> NDArray[Any]:
        """Return a column of whole numbers."""
        return self._table.numbers(column)

    def having(self, column: str, pattern: int) -> Marks:
        """Mark the rows whose text has a pattern."""
        if column not in self._codes:
            self._codes[column] = self._found(column)
        codes = self._codes[column].get(pattern)
        return self.none if codes is None else np.isin(self.texts(column).codes, codes)

    def _found(self, column: str) -> dict[int, list[int]]:
        """Return the codes of the texts that have each pattern."""
        search, found = self._searches[column], dict[int, list[int]]()
        for code, text in enumerate(self.texts(column).values):
            for pattern in search(text):
                found.setdefault(pattern, []).append(code)
        return found


Condition = Callable[[Columns], Marks]


def all_of(parts: Sequence[Condition]) -> Condition:
    """Mark what all conditions fit. The rest is not looked at once no row is left."""

    def marks(columns: Columns) -> Marks:
        found = parts[0](columns)
        for part in parts[1:]:
            if not found.any():
                break
            found = found & part(columns)
        return found

    return marks


def any_of(parts: Sequence[Condition]) -> Condition:
    """Mark what any condition fits."""

    def marks(columns: Columns) -> Marks:
        found: Marks = np.logical_or.reduce([part(columns) for part in parts])
        return found

    return marks


def none_of(part: Condition) -> Condition:
    """Mark what a condition does not fit."""
    return lambda columns: ~part(columns)


def has_pattern(column: str, pattern: int) -> Condition:
    """Mark the rows whose text has the pattern with this place in its column."""
    return lambda columns: columns.having(column, pattern)


def is_number(column: str, comparison: str, value: float) -> Condition:
    """Compare a column of whole numbers, where there is one."""
    compare = COMPARISONS[comparison]

    def marks(columns: Columns) -> Marks:
        numbers = columns.numbers(column)
        found: Marks = (numbers != ABSENT) & compare(numbers, value)
        return found

    return marks


def is_within(column: str, network: str) -> Condition:
    """Mark the addresses within a network."""
    test = within([network])
    return lambda columns: marked(columns.texts(column), test)


def is_there(column: str, number: bool) -> Condition:
    """Mark the rows that have a text that is not empty, or a number."""
    if number:
        return lambda columns: columns.numbers(column) != ABSENT
    return lambda columns: marked(columns.texts(column), bool)
