"""Statistics that select the rows that count."""

import numpy as np
from numpy.typing import NDArray
from records import exchange

from stats.statistic import HITS
from store.store import Store
from traffic.batch import RecordBatch, Table
from traffic.records import Exchange


class Failures:
    name, title, unit, record = "failures", "Failures", HITS, Exchange
    columns = ("status", "server")

    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        return np.asarray(table.numbers("status") >= 500)

    def key(self, status: int, server: str) -> str:
        self.asked.append((status, server))
        return f"{server} {status}"


def test_unselected_rows_are_neither_asked_about_nor_counted() -> None:
    failures = Failures()
    store = Store([failures], 10, 3600, 100)
    ended = ((200, "a"), (503, "a"), (404, "b"), (503, "a"))
    store.add(RecordBatch(exchange(status=status, server=server) for status, server in ended))
    assert failures.asked == [(503, "a")]
    assert {row.key: row.window.count for row in store.top("failures", 9).rows} == {"a 503": 2}
    assert store.totals("failures").count == 2
