"""Counts the requests of a batch by column, for each half of a window that it touches. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detection.exchanges import text_at
from traffic.batch import Table


class Half(NamedTuple):
    """The rows of a batch within one half of a window."""

    time: float
    """Time of the last row."""
    length: float
    """Seconds from the first row to the last."""
    rows: NDArray[np.intp]
    table: Table

    def counts(self, column: str) -> dict[str, int]:
        """Return how many rows have each text; rows without one are left out."""
        texts = self.table.texts(column)
        codes = texts.codes[self.rows]
        numbers = np.bincount(codes[codes >= 0], minlength=len(texts.values))
        return {texts.values[code]: int(numbers[code]) for code in numbers.nonzero()[0].tolist()}

    def by_server(self) -> Iterator["Half"]:
        """Iterate over the rows of each server."""
        codes = self.table.texts("server").codes[self.rows]
        for code in sorted({*codes.tolist()}):  # numpy's unique would import numpy.ma, which is too late in a run
            yield self._replace(rows=self.rows[codes == code])

    def texts(self, column: str) -> list[str]:
        """Return the texts of the rows; rows without one are left out."""
        texts = self.table.texts(column)
        return [texts.values[code] for code in texts.codes[self.rows].tolist() if code >= 0]

    def server(self) -> tuple[str, int]:
        """Return address and port of the server of the last row."""
        number = int(self.rows[-1])
        return text_at(self.table.texts("server"), number) or "", int(self.table.numbers("server_port")[number])


def halves(table: Table, window: float) -> Iterator[Half]:
    """Iterate over the halves of a window in which there are rows, in order."""
    if not len(table):
        return
    times = table.numbers("time")
    numbers = times // (window / 2)
    one = numbers.min() == numbers.max()
    for number in [numbers[0]] if one else sorted({*numbers.tolist()}):
        rows = np.flatnonzero(numbers == number)
        first, last = float(times[rows].min()), float(times[rows].max())
        yield Half(last, last - first, rows, table)
