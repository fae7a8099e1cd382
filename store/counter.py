"""How one statistic counts the rows of a batch.

A statistic of exchanges takes bytes, response time and error from the exchange it counts. A statistic of requests takes
them from the exchange that answers the request, when that arrives; so its keys, too, have sizes, times and errors.
"""

import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.statistic import Statistic, Unit, counts_responses
from store.batches import BucketedTable, Groups, RowAmounts, sized, timed
from store.sketch import NOWHERE
from store.sums import RANKED_BY, Cells
from traffic.batch import ABSENT, failed_calls
from traffic.records import Exchange


class Counter:
    """Counts the records of one statistic."""

    def __init__(self, statistic: Statistic) -> None:
        self.name = statistic.name
        self.unit = statistic.unit
        self.weight_row = RANKED_BY[statistic.unit]
        """The row of the sums that decides which keys are kept."""
        self._responses = counts_responses(statistic)
        self.kinds = {statistic.record, Exchange} if self._responses else {statistic.record}
        """The types of record it counts."""
        self.failure: str | None = None
        """Traceback of the exception its plug-in raised, if any. The plug-in must not be called again."""
        self._record = statistic.record
        self._columns: Sequence[str] | None = getattr(statistic, "columns", None)
        self._key: Callable[..., str | None] = statistic.key
        self._amount: Any = getattr(statistic, "amount", None)
        self._where: Any = getattr(statistic, "where", None)

    def count(self, rows: BucketedTable) -> Cells:
        """Return sums by bucket and key. If the plug-in raises, return those of the records before, or none."""
        follows = rows.kind is not self._record
        return self._count_records(rows, follows) if self._columns is None else self._count_columns(rows, follows)

    def _count_columns(self, rows: BucketedTable, follows: bool) -> Cells:
        columns = tuple("request_time" if follows and name == "time" else name for name in self._columns or ())
        counted = "follows" if follows else (self._amount, self.unit if self._amount else None, self._where)
        selected = rows.cached(("selected", counted), lambda: rows.selected(self._counted_rows(rows, follows)))
        groups = rows.cached(("groups", columns, counted), lambda: rows.groups(columns, selected))
        name = ("cells", columns, counted, self._responses)
        cells = rows.cached(name, lambda: rows.cells(groups, self._amounts_of(rows, follows), not follows))
        values = rows.cached(("values", columns, counted), lambda: rows.values(columns, groups.firsts))
        return cells.keyed(self._keys(values, len(groups.firsts)))

    def _keys(self, values: Sequence[list[Any]], number: int) -> list[str | None]:
        try:
            found = list(map(self._key, *values)) if values else [self._key() for _ in range(number)]
            return found if set(map(type, found)) <= {str, type(None)} else list(map(_checked_key, found))
        except Exception:
            self.failure = traceback.format_exc()
            return [None] * number

    def _counted_rows(self, rows: BucketedTable, follows: bool) -> NDArray[np.bool_] | None:
        """Return a mask of the rows to count; None for all."""
        # An exchange without an ordinal answers no known request; one without bytes, time and error adds nothing.
        if follows:
            known = (rows.numbers("response_bytes") > 0) | ~np.isnan(rows.numbers("response_time"))
            known |= (rows.numbers("status") >= 400) | failed_calls(rows.table)
            return np.asarray(known & (rows.numbers("ordinal") != ABSENT))
        if self._where is not None:
            return np.asarray(self._where(rows.table), np.bool_)
        if self._amount is None:
            return None
        values = rows.numbers(self._amount)
        if self.unit is not Unit.SECONDS:
            return np.asarray(values > 0)
        return np.asarray(values != ABSENT if values.dtype == np.int64 else ~np.isnan(values))

    def _amounts_of(self, rows: BucketedTable, follows: bool) -> RowAmounts:
        own = RowAmounts()
        if self._amount is not None and not follows:
            own = rows.size(self._amount) if self.unit is Unit.BYTES else rows.timed(self._amount)
        return self._with_own(own, rows.response if self._responses else RowAmounts())

    def _with_own(self, own: RowAmounts, response: RowAmounts) -> RowAmounts:
        """Replace the bytes or the response time by the statistic's own amounts, if it has any."""
        if self._amount is None or self.unit is Unit.HITS:
            return response
        if self.unit is Unit.BYTES:
            return response._replace(size=own.size)
        return response._replace(nanoseconds=own.nanoseconds, bins=own.bins)

    def _count_records(self, rows: BucketedTable, follows: bool) -> Cells:
        found: dict[str, int] = {}
        numbers, amounts = np.full(len(rows), NOWHERE), np.zeros(len(rows))
        measures = self._amount is not None and not follows
        try:
            for place, record in enumerate(rows.records):
                its = record.request if follows else record
                key = None if its is None else _checked_key(self._key(its))
                if key is not None:
                    if measures:
                        amounts[place] = _checked_amount(self._amount(its))
                    numbers[place] = found.setdefault(key, len(found))
        except Exception:
            self.failure = traceback.format_exc()
        own = (sized if self.unit is Unit.BYTES else timed)(amounts) if measures else RowAmounts()
        selected = rows.selected(numbers != NOWHERE)
        groups = Groups(selected, numbers[selected], np.zeros(len(found), np.intp))
        return rows.cells(groups, self._with_own(own, rows.response), not follows).keyed(list(found))


def _checked_key(key: Any) -> str | None:
    if key is not None and not isinstance(key, str):
        raise TypeError(f"a key is a str or None, not {type(key).__name__}")
    return key


def _checked_amount(amount: Any) -> float:
    if not isinstance(amount, (int, float)) or amount < 0:
        raise ValueError(f"an amount is a number from 0 up, not {amount!r:.100}")
    round(amount)  # Raises for NaN and infinity.
    return amount
