"""Reads the few rows of a table that a detector is interested in, without making records of the others. Pure."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from traffic.batch import Table, Texts


class Row(NamedTuple):
    """A row of a table of exchanges."""

    number: int
    time: float
    server: str
    server_port: int
    texts: tuple[str | None, ...]
    """The values of the columns that were asked for; None where there is none."""


def chosen(table: Table, rows: NDArray[np.bool_], *columns: str) -> Iterator[Row]:
    """Iterate over the chosen rows, with these columns of texts."""
    (numbers,) = rows.nonzero()
    if not len(numbers):
        return
    times, ports = table.numbers("time"), table.numbers("server_port")
    servers, wanted = table.texts("server"), [table.texts(name) for name in columns]
    for number in numbers.tolist():
        texts = tuple(text_at(column, number) for column in wanted)
        yield Row(number, float(times[number]), text_at(servers, number) or "", int(ports[number]), texts)


class Group(NamedTuple):
    """Rows that have the same texts in some columns."""

    rows: NDArray[np.intp]
    """Their numbers, in order."""
    texts: tuple[str, ...]


def grouped(table: Table, rows: NDArray[np.bool_], least: float, *columns: str) -> Iterator[Group]:
    """Iterate over the groups of at least `least` chosen rows that have the same texts in these columns.

    Rows that lack one of the texts are left out.
    """
    found = [table.texts(name) for name in columns]
    for column in found:
        rows = rows & (column.codes >= 0)
    (numbers,) = rows.nonzero()
    if len(numbers) < max(least, 1):
        return
    codes = [column.codes[numbers] for column in found]
    order = np.lexsort(codes)
    changed = np.logical_or.reduce([np.diff(each[order]) != 0 for each in codes])
    begins = np.concatenate(([0], np.flatnonzero(changed) + 1, [len(order)]))
    for group in np.flatnonzero(np.diff(begins) >= least).tolist():
        part = order[begins[group] : begins[group + 1]]
        texts = tuple(column.values[each[part[0]]] for column, each in zip(found, codes, strict=True))
        yield Group(numbers[part], texts)


def host_of(table: Table, number: int) -> str:
    """Return the requested host of a row; the server's address if the request was not seen."""
    return text_at(table.texts("domain"), number) or ""


def marked(column: Texts, test: Callable[[str], bool]) -> NDArray[np.bool_]:
    """Mark the rows whose text passes a test, which is made once for each distinct text."""
    passed = np.array([*map(test, column.values), False], np.bool_)  # a missing text has the code -1
    return passed[column.codes]


def text_at(column: Texts, number: int) -> str | None:
    """Return the text of a row; None if it has none."""
    code = int(column.codes[number])
    return None if code < 0 else column.values[code]
