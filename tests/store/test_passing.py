"""Statistics that are counted and handed on with their buckets, and not kept."""

from typing import Any, NamedTuple

from stats.statistic import BYTES, HITS
from store.store import Store
from store.sums import ClosedBucket
from traffic.records import COMPLETE, Exchange, Request


class Visit(NamedTuple):
    time: float
    page: str


class Pages:
    name, title, unit, record = "pages", "Pages", HITS, Visit

    def key(self, visit: Visit) -> str:
        return visit.page


class Passing(Pages):
    name = "passing"


class Sections:
    """By columns: what the exchange has, and what its request has."""

    name, title, unit, record = "sections", "Sections", BYTES, Exchange
    columns, amount = ("status", "section"), "response_bytes"

    def key(self, *values: Any) -> str:
        status, section = values
        return f"{status} {section}"


def test_they_are_in_each_closed_bucket_and_in_no_window() -> None:
    store = Store([Pages()], 10, 3600, 100, passing=[Passing()])
    closed: list[ClosedBucket] = []
    store.closed(closed.append)
    store.add([Visit(1, "/"), Visit(2, "/a"), Visit(12, "/")])
    store.advance(10)
    (bucket,) = closed
    assert [(each.name, set(each.keys)) for each in bucket.statistics] == [
        ("pages", {"/", "/a"}),
        ("passing", {"/", "/a"}),
    ]
    assert store.totals("pages").count == 3


def test_what_is_counted_in_buckets_that_are_not_closed_is_known() -> None:
    store = Store([Pages()], 10, 3600, 100, passing=[Passing()])
    store.add([Visit(1, "/"), Visit(2, "/a"), Visit(12, "/")])
    assert store.open_count("passing") == 3
    store.advance(10)
    assert store.open_count("passing") == store.open_count("pages") == 1
    store.advance(20)
    assert store.open_count("passing") == 0


def test_a_key_may_be_made_of_columns_and_an_amount_be_one() -> None:
    asked = Request(1, "10.0.0.1", 1, "10.0.0.2", 80, "GET", "a.example", "/cart/1", "1.1", "", "")
    answer = Exchange(1, "10.0.0.1", 1, "10.0.0.2", 80, asked, 200, 0, 500, 0.1, 0.1, "", 0, COMPLETE)
    store = Store([Sections()], 10, 3600, 100)
    store.add([answer, answer, answer._replace(request=None)])
    rows = {row.key: row.window.total for row in store.top("sections", 9).rows}
    assert rows == {"200 a.example/cart": 1000, "200 None": 500}
