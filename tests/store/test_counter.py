"""How plug-ins are called, by columns (once per distinct combination) or record by record, and what counts."""

from collections.abc import Callable
from typing import Any

import pytest
from filter_samples import EXCHANGE, EXCHANGES
from hypothesis import given, strategies
from records import ended, request

from stats.statistic import BYTES, HITS, SECONDS, Unit
from store.filtering.fields import key_of
from store.store import Store
from traffic.batch import FLOATS, INTEGERS, TEXTS, RecordBatch, Texts
from traffic.records import Exchange, Request

COLUMNS = sorted(TEXTS[Exchange] | INTEGERS[Exchange] | FLOATS[Exchange])
AMOUNTS = sorted(INTEGERS[Exchange] | FLOATS[Exchange] - {"time", "request_time", "answered"})


class Asked:
    """A statistic of columns that records how it is called."""

    responses = True

    def __init__(
        self,
        columns: tuple[str, ...],
        unit: Unit = HITS,
        record: type = Exchange,
        say: Callable[..., Any] | None = None,
    ) -> None:
        self.name, self.title, self.unit, self.record, self.columns = "asked", "Asked", unit, record, columns
        self.calls: list[tuple[Any, ...]] = []
        self._say = say or (lambda *values: repr(values))

    def key(self, *values: Any) -> Any:
        self.calls.append(values)
        return self._say(*values)


class Measured(Asked):
    """A statistic with an amount."""

    def __init__(self, columns: tuple[str, ...], unit: Unit, amount: str) -> None:
        super().__init__(columns, unit)
        self.amount = amount


class Singly:
    """The same statistic, record by record."""

    name, title, record = "singly", "Singly", Exchange

    def __init__(self, like: Asked) -> None:
        self.unit = like.unit
        self._read = key_of(like)

    def key(self, exchange: Exchange) -> str | None:
        key = self._read(exchange)
        return None if key is None else str(key)


def at(time: float, **fields: Any) -> Exchange:
    return EXCHANGE._replace(time=time, **fields)


def counts(store: Store, name: str) -> dict[str, int]:
    return {row.key: row.window.count for row in store.top(name, 10_000).rows}


@given(
    strategies.lists(EXCHANGES, max_size=20),
    strategies.lists(strategies.sampled_from(COLUMNS), max_size=6, unique=True),
    strategies.sampled_from([None, *AMOUNTS]),
    strategies.sampled_from([HITS, SECONDS]),
    strategies.integers(1, 40),
)
def test_columns_count_the_same_as_records(
    exchanges: list[Exchange], columns: list[str], amount: str | None, unit: Unit, apart: int
) -> None:
    asked = Asked(tuple(columns)) if amount is None else Measured(tuple(columns), unit, amount)
    asked.unit = HITS if amount is None else unit
    singly = Singly(asked)
    singly.unit = HITS
    store = Store([asked, singly], 10, 10_000, 1000)
    batch = [one._replace(time=1000.0 + apart * place) for place, one in enumerate(exchanges)]
    store.add(RecordBatch(batch))
    assert store.failures == []
    assert counts(store, "asked") == counts(store, "singly")
    store.advance(1000.0 + apart * len(batch) + 10)
    assert [sums.count for sums in store.series("asked", 100)] == [sums.count for sums in store.series("singly", 100)]


def test_a_key_is_asked_for_once_per_batch() -> None:
    asked = Asked(("domain", "status"))
    store = Store([asked], 10, 600, 100)
    store.add(RecordBatch(at(number, status=200 + number % 2) for number in range(50)))
    assert sorted(asked.calls) == [("shop.example.com", 200), ("shop.example.com", 201)]
    store.advance(50)
    assert [sums.count for sums in store.series("asked", 9)] == [10] * 5


class Hosts:
    """Requests per host."""

    name, title, unit, record, columns = "hosts", "Hosts", HITS, Request, ("host",)

    def key(self, host: str) -> str:
        return host


def errors(store: Store, name: str, window: float | None = None) -> dict[str, tuple[int, int, int]]:
    """Return hits, 4xx and 5xx by key."""
    rows = store.top(name, 99, window).rows
    return {row.key: (row.window.count, row.window.client_errors, row.window.server_errors) for row in rows}


def test_errors_are_counted_by_key_until_they_are_too_old() -> None:
    asked = Asked(("domain",), say=str)
    store = Store([Hosts(), asked], 10, 60, 100, (20,))
    requests = [request(number, host="shop" if number % 2 else "api") for number in range(8)]
    statuses = (200, 404, 503, 500, 301, 429, None, 502)
    batch = [ended(asked, status, 9) for asked, status in zip(requests, statuses, strict=True)]
    store.add(RecordBatch([*requests, *batch]))
    for now in (20, 40):
        store.advance(now)
        assert errors(store, "hosts") == {"api": (4, 0, 1), "shop": (4, 2, 2)}
        assert errors(store, "asked") == errors(store, "hosts")
    assert store.totals("asked").server_errors == 3
    assert errors(store, "asked", 20) == {}, "they have left the short window"
    store.advance(100)
    assert errors(store, "hosts") == {}


def test_failed_grpc_calls_are_server_errors_and_count_once() -> None:
    asked = [request(number, host="shop") for number in range(5)]
    outcomes = ((200, 0), (200, 14), (503, 14), (404, 12), (None, 1))
    calls = [ended(one, status, 9, grpc_status=code) for one, (status, code) in zip(asked, outcomes, strict=True)]
    store = Store([Hosts()], 10, 60, 100)
    store.add(RecordBatch([*asked, *calls]))
    assert errors(store, "hosts") == {"shop": (5, 0, 4)}


def test_a_statistic_without_responses_counts_no_errors() -> None:
    asked = Asked(("domain",), say=str)
    asked.responses = False
    store = Store([asked], 10, 60, 100)
    store.add(RecordBatch([at(1, status=500)]))
    assert errors(store, "asked") == {"shop.example.com": (1, 0, 0)}


def test_unused_texts_are_not_asked_about() -> None:
    asked = Asked(("domain",))
    batch = RecordBatch([at(1)])
    table = batch.table(Exchange)
    codes, values = table.texts("domain")
    table._texts["domain"] = Texts(codes + 1, ["gone", *values, "not.yet"])
    Store([asked], 10, 600, 100).add(batch)
    assert asked.calls == [("shop.example.com",)]


def test_many_columns_with_many_values_are_distinguished() -> None:
    columns = ("client_port", "request_bytes", "response_bytes", "response_time", "total_time")
    asked = Asked(columns, say=lambda *values: str(values[1] % 7))
    store = Store([asked], 10, 600, 100)
    sizes = [number * 7919 % 65_536 for number in range(3000)]
    store.add(
        RecordBatch(
            at(
                1,
                client_port=size,
                request_bytes=size,
                response_bytes=size,
                response_time=size / 7,
                total_time=size / 3,
            )
            for size in sizes
        )
    )
    assert len(asked.calls) == len(set(sizes))
    assert counts(store, "asked") == {str(rest): sum(size % 7 == rest for size in sizes) for rest in range(7)}


@pytest.mark.parametrize(
    ("unit", "amount", "values", "counted"),
    [
        (BYTES, "request_bytes", [0, 5, 7], {"count": 2, "bytes": 12}),
        (SECONDS, "total_time", [None, 0.0, 0.5, -1.0], {"count": 3, "seconds": 0.5}),
        (SECONDS, "status", [None, 200], {"count": 1, "seconds": 200.0}),
        (HITS, "response_bytes", [0, 5, 7], {"count": 2, "bytes": 12}),
    ],
)
def test_records_without_an_amount_do_not_count(
    unit: Unit, amount: str, values: list[Any], counted: dict[str, float]
) -> None:
    store = Store([Measured((), unit, amount)], 10, 600, 100)
    store.add(RecordBatch(at(1, **{amount: value}) for value in values))
    assert {name: getattr(store.totals("asked"), name) for name in counted} == counted


def test_a_statistic_of_requests_skips_exchanges_without_a_request() -> None:
    asked = Asked(("section", "domain", "time"), record=Request)
    store = Store([asked], 10, 600, 100)
    store.add(RecordBatch([at(5, request=None), at(6)]))
    request = EXCHANGE.request
    assert request is not None
    assert asked.calls == [(request.section, request.domain, request.time)]
    assert store.totals("asked").count == 0


@pytest.mark.parametrize(
    ("say", "text"), [(lambda host: 1 / 0, "ZeroDivisionError"), (lambda host: 5, "a key is a str or None, not int")]
)
def test_a_plug_in_that_raises_is_switched_off(say: Callable[..., Any], text: str) -> None:
    broken = Asked(("domain",), say=lambda domain: "ok" if domain == "shop.example.com" else say(domain))
    store = Store([broken], 10, 600, 100)
    store.add(RecordBatch([at(1)]))
    store.add(RecordBatch([at(2), at(3, request=None)]))
    store.add(RecordBatch([at(4)]))
    [failure] = store.failures
    assert text in failure.text
    assert counts(store, "asked") == {"ok": 1}


class Alone(Asked):
    """A statistic that leaves out responses."""

    responses = False


@pytest.mark.parametrize("record", [Request, Exchange])
def test_a_statistic_may_leave_out_responses(record: type) -> None:
    asked, alone = Asked(("host",), record=record), Alone(("host",), record=record)
    alone.name = "alone"
    store = Store([asked, alone], 10, 3600, 100)
    assert EXCHANGE.request is not None
    store.add(RecordBatch([EXCHANGE.request, EXCHANGE]))
    with_responses, without = store.totals("asked"), store.totals("alone")
    assert with_responses.count == without.count == 1
    assert (with_responses.bytes, with_responses.timed) == (EXCHANGE.response_bytes, 1)
    assert (without.bytes, without.timed) == (0, 0)
