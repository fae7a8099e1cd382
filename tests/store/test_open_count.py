"""Counts in open buckets."""

from typing import NamedTuple

from stats.statistic import HITS
from store.store import Store
from traffic.batch import RecordBatch


class Visit(NamedTuple):
    time: float
    page: str


class Pages:
    name, title, unit, record = "pages", "Pages", HITS, Visit

    def key(self, visit: Visit) -> str:
        return visit.page


def test_open_buckets_are_counted() -> None:
    store = Store([Pages()], 10, 3600, 100)
    store.add(RecordBatch([Visit(1, "/"), Visit(2, "/a"), Visit(12, "/")]))
    assert store.open_count("pages") == 3
    store.advance(10)
    assert store.open_count("pages") == 1
    store.advance(20)
    assert store.open_count("pages") == 0
