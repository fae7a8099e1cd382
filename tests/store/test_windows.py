"""Bytes, times, windows, trends and callbacks, compared with a recount by hand."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings, strategies
from records import exchange, request

from stats.statistic import BYTES, HITS, SECONDS
from store.batches import MOST_BYTES
from store.distribution import ERROR, HIGHEST, Distribution, bin_of
from store.store import Store
from store.sums import NOTHING, ClosedBucket, Sums
from store.windows import CODE_BYTES
from traffic.batch import RecordBatch
from traffic.records import Exchange, Request

SIZE, RETENTION, WINDOWS = 10, 60, (20, 40)


class Hosts:
    """Requests per host."""

    name, title, unit, record = "hosts", "Hosts", HITS, Request
    columns = ("host",)

    def key(self, host: str) -> str | None:
        return host if host != "none" else None


class PlainHosts:
    """The same, record by record."""

    name, title, unit, record = "plain_hosts", "Hosts", HITS, Request

    def key(self, request: Request) -> str | None:
        return request.host if request.host != "none" else None


class Sizes:
    """Bytes per host, for exchanges whose request was seen."""

    name, title, unit, record = "sizes", "Sizes", BYTES, Exchange
    columns, amount = ("host",), "request_bytes"

    def key(self, host: str | None) -> str | None:
        return host


class PlainSizes:
    """The same, record by record."""

    name, title, unit, record = "plain_sizes", "Sizes", BYTES, Exchange

    def key(self, exchange: Exchange) -> str | None:
        return exchange.request.host if exchange.request and exchange.request_bytes else None

    def amount(self, exchange: Exchange) -> int:
        return exchange.request_bytes


class Totals:
    """Total seconds of exchanges."""

    name, title, unit, record = "totals", "Totals", SECONDS, Exchange
    columns, amount = (), "total_time"

    def key(self) -> str:
        return "all"


class PlainTotals:
    """The same, record by record."""

    name, title, unit, record = "plain_totals", "Totals", SECONDS, Exchange

    def key(self, exchange: Exchange) -> str | None:
        return None if exchange.total_time is None else "all"

    def amount(self, exchange: Exchange) -> float:
        return exchange.total_time or 0.0


STATISTICS: list[Any] = [Hosts(), PlainHosts(), Sizes(), PlainSizes(), Totals(), PlainTotals()]


def sized(time: float, asked: Request | None, size: int = 0, seconds: float | None = None) -> Exchange:
    """Return an exchange with `size` bytes in and ten times that out, which takes twice as long as its first byte."""
    total = None if seconds is None else 2 * seconds
    sizes = {"request_bytes": size, "response_bytes": 10 * size}
    return exchange(asked, time=time, **sizes, response_time=seconds, total_time=total)


@dataclass
class Recount:
    """Sums of one statistic, counted by hand."""

    count: int = 0
    bytes: int = 0
    times: list[float] = field(default_factory=list)

    def add(self, other: "Recount") -> None:
        self.count += other.count
        self.bytes += other.bytes
        self.times += other.times

    def sums(self) -> Sums:
        seconds = sum(round(time * 1e9) for time in self.times) / 1e9
        return Sums(self.count, self.bytes, seconds, Distribution.of(Counter(map(bin_of, self.times)).items()))


def said(record: Request | Exchange) -> list[tuple[str, str, Recount]]:
    """Return what a record adds, as (statistic, key, sums)."""
    if isinstance(record, Request):
        return [("hosts", record.host, Recount(1))] if record.host != "none" else []
    size, times = record.response_bytes, [] if record.response_time is None else [record.response_time]
    known = []
    if record.request is not None:
        if record.request.host != "none":
            known.append(("hosts", record.request.host, Recount(0, size, times)))
        if record.request_bytes:
            known.append(("sizes", record.request.host, Recount(1, record.request_bytes, times)))
    if record.total_time is not None:
        known.append(("totals", "all", Recount(1, size, [record.total_time])))
    return known


class Book:
    """A recount of every bucket, statistic and key."""

    def __init__(self) -> None:
        self.buckets: dict[int, dict[str, dict[str, Recount]]] = defaultdict(lambda: defaultdict(dict))

    def write(self, record: Request | Exchange) -> None:
        for name, key, what in said(record):
            self.buckets[int(record.time // SIZE)][name].setdefault(key, Recount()).add(what)

    def read(self, name: str, buckets: Iterable[int]) -> dict[str, Recount]:
        keys: dict[str, Recount] = {}
        for bucket in buckets:
            for key, what in self.buckets.get(bucket, {}).get(name.removeprefix("plain_"), {}).items():
                keys.setdefault(key, Recount()).add(what)
        return keys


moments = strategies.integers(0, 300)
hosts = strategies.sampled_from(["a", "b", "c", "none"])
steps = strategies.lists(
    strategies.one_of(
        moments,  # time moves on to there
        strategies.tuples(moments, hosts),  # a request
        strategies.tuples(  # an exchange whose request came, or did not
            moments,
            strategies.one_of(strategies.none(), hosts),
            strategies.booleans(),
            strategies.integers(0, 1000),
            strategies.one_of(strategies.none(), strategies.sampled_from([0.0, 0.01, 0.25, 3.0])),
        ),
    ),
    max_size=40,
)


def play(store: Store, story: list[Any]) -> tuple[Book, int]:
    """Feed the store, and return the recount and the final time."""
    book, now = Book(), 0
    for step in [*story, 0]:
        if isinstance(step, int):
            now = max(now, step)
            store.advance(now)
            continue
        records: list[Request | Exchange] = []
        if len(step) == 2:
            records = [request(step[0], host=step[1])]
        else:
            time, host, came, size, seconds = step
            asked = None if host is None else request(max(0, time - 3), host=host)
            records = ([asked] if asked and came else []) + [sized(time, asked, size, seconds)]
        store.add(RecordBatch(records))
        for record in records:
            if record.time // SIZE >= (now - RETENTION) // SIZE:
                book.write(record)
    store.advance(now)
    return book, now


def buckets_of(window: int, now: int) -> range:
    """Return the last bucket, or the buckets of a longer window including the open ones."""
    if window == SIZE:
        return range(now // SIZE - 1, now // SIZE)
    return range((now - window) // SIZE, 1000)


@settings(max_examples=150)
@given(steps)
def test_each_window_equals_a_recount(story: list[Any]) -> None:
    store = Store(STATISTICS, SIZE, RETENTION, 100, WINDOWS)
    book, now = play(store, story)
    for statistic in STATISTICS:
        for window in (SIZE, *WINDOWS, RETENTION):
            truth = book.read(statistic.name, buckets_of(window, now))
            top = store.top(statistic.name, 100, window)
            found = {row.key: row.window for row in top.rows}
            assert found == {key: what.sums() for key, what in truth.items() if what.count}
            whole = Recount()
            for what in truth.values():
                whole.add(what)
            assert top.whole == store.totals(statistic.name, window) == whole.sums()
            last = book.read(statistic.name, buckets_of(SIZE, now))
            for row in top.rows:
                assert row.recent == (last[row.key].sums() if row.key in last else NOTHING)


@settings(max_examples=60)
@given(steps, strategies.integers(0, 3))
def test_a_top_list_and_its_rest_add_up_in_each_field(story: list[Any], limit: int) -> None:
    store = Store(STATISTICS, SIZE, RETENTION, 1, WINDOWS)
    _, _ = play(store, story)
    for statistic in STATISTICS:
        top = store.top(statistic.name, limit, 40)
        parts = [row.window for row in (*top.rows, top.other)]
        assert sum(part.count for part in parts) == top.whole.count
        assert sum(part.bytes for part in parts) == top.whole.bytes
        assert sum(part.timed for part in parts) == top.whole.timed
        assert sum(part.seconds for part in parts) == pytest.approx(top.whole.seconds)
        assert Distribution.merged(part.times for part in parts) == top.whole.times


@settings(max_examples=60)
@given(steps)
def test_curves_equal_a_recount(story: list[Any]) -> None:
    store = Store(STATISTICS, SIZE, RETENTION, 100, WINDOWS)
    early = store.curve("hosts", RETENTION, 3, "a")  # watched from the start
    book, now = play(store, story)
    last = now // SIZE - 1
    counts = [book.read("hosts", [bucket]).get("a", Recount()).count for bucket in range(last - 5, last + 1)]
    found = store.series_of("hosts", "a", 6)
    assert found == counts[6 - len(found) :]
    assert not any(counts[: 6 - len(found)])
    assert early.counts == ()
    curve = store.curve("hosts", RETENTION, 3, "a")
    assert sum(curve.counts) == sum(found)
    assert len(curve.counts) <= 3
    for row in store.top("hosts", 9, SIZE).rows:
        if row.key == "a":
            assert list(row.trend[6:]) == counts


def test_a_curve_begins_with_the_first_bucket_of_its_window() -> None:
    store = Store(STATISTICS, SIZE, RETENTION, 100, WINDOWS)
    for bucket in range(8):
        store.add(RecordBatch([request(bucket * 10, host="a")] * (bucket + 1)))
        store.advance(bucket * 10 + 10)
    assert store.curve("hosts", RETENTION).counts == (3, 4, 5, 6, 7, 8)
    assert store.curve("hosts", 20).counts == (7, 8)


@settings(max_examples=60)
@given(steps, strategies.integers(1, 3))
def test_callbacks_get_everything_once(story: list[Any], max_keys: int) -> None:
    store = Store(STATISTICS, SIZE, RETENTION, max_keys, WINDOWS)
    given_over: list[ClosedBucket] = []
    store.on_close(given_over.append)
    book, now = play(store, story)
    store.advance(now + SIZE * 100)
    found: Counter[tuple[str, int]] = Counter()
    size: Counter[tuple[str, int]] = Counter()
    for bucket in given_over:
        assert bucket.width == SIZE
        for closed in bucket.statistics:
            for sums in (*closed.keys.values(), closed.other):
                found[closed.name, int(bucket.start // SIZE)] += sums.count
                size[closed.name, int(bucket.start // SIZE)] += sums.bytes
    for index, names in book.buckets.items():
        for name, keys in names.items():
            assert found[name, index] == sum(what.count for what in keys.values())
            assert size[name, index] == sum(what.bytes for what in keys.values())


@settings(max_examples=60)
@given(steps, strategies.integers(1, 3))
def test_reading_in_between_changes_nothing(story: list[Any], max_keys: int) -> None:
    """Reading merges pending cells; it makes no difference how often that happens."""
    seldom, often = (Store(STATISTICS, SIZE, RETENTION, max_keys, WINDOWS) for _ in range(2))
    play(seldom, story)
    for end in range(len(story)):
        play(often, story[end : end + 1])
        assert often.totals("hosts").count >= often.open_count("hosts") >= 0
    often.advance(max([0, *(step for step in story if isinstance(step, int))]))
    for statistic in STATISTICS:
        for window in (SIZE, *WINDOWS, RETENTION):
            assert seldom.top(statistic.name, 100, window) == often.top(statistic.name, 100, window)


def test_a_late_response_still_counts_for_its_request() -> None:
    store = Store(STATISTICS, SIZE, RETENTION, 100, WINDOWS)
    asked = request(1, host="a")
    store.add(RecordBatch([asked]))
    store.advance(20)
    store.add(RecordBatch([sized(25, asked, 7, 0.25)]))
    store.advance(30)
    (row,) = store.top("hosts", 9).rows
    assert (row.window.count, row.window.bytes, row.window.timed, row.window.average) == (1, 70, 1, 0.25)
    assert row.window.times.quantile(0.95) == pytest.approx(0.25, rel=ERROR)
    last = store.top("hosts", 9, SIZE)
    assert last.rows == ()  # no request came in the last bucket, although a response did
    assert (last.other.window.count, last.other.window.bytes) == (0, 70)


def test_impossible_times_do_no_harm() -> None:
    store = Store(STATISTICS, SIZE, RETENTION, 100, WINDOWS)
    asked = request(1, host="a")
    odd = [-5.0, float("nan"), float("inf"), 1e300, 0.5]
    store.add(RecordBatch([asked, sized(2, asked, 2**59)]))
    store.add(RecordBatch([sized(3, asked)._replace(response_time=seconds) for seconds in odd]))
    assert store.failures == []
    (row,) = store.top("hosts", 9).rows
    assert (row.window.timed, row.window.bytes) == (4, MOST_BYTES)
    assert row.window.seconds == 2 * HIGHEST + 0.5


def test_the_slices_of_a_trend_are_twelfths_of_its_window() -> None:
    store = Store(STATISTICS, SIZE, 1200, 100, ())
    for bucket in range(150):
        store.add(RecordBatch([request(bucket * 10, host="a")] * (bucket // 10 + 1)))
        store.advance(bucket * 10 + 10)
    (row,) = store.top("hosts", 9).rows
    assert row.trend == tuple(10 * slice_ for slice_ in range(4, 16))
    assert store.top("hosts", 9).slicing == (100, 100)
    store.add(RecordBatch([request(1500, host="a")]))
    store.advance(1510)
    assert store.top("hosts", 9).rows[0].trend == (*(10 * slice_ for slice_ in range(5, 16)), 1)
    assert store.top("hosts", 9).slicing == (100, 10)


def test_a_young_trend_uses_the_slices_of_a_shorter_window() -> None:
    """It uses the hour's slices of 5 minutes until the fourth slice of its own has begun."""
    store, begun = Store(STATISTICS, SIZE, 3600, 100, (120,)), 0
    for bucket, slicing, trend in (
        (0, (10, 10), (0,) * 11 + (1,)),
        (5, (10, 10), (0,) * 6 + (1,) * 6),
        (89, (10, 10), (1,) * 12),
        (90, (300, 10), (0,) * 8 + (30, 30, 30, 1)),
    ):
        for each in range(begun, bucket + 1):
            store.add(RecordBatch([request(each * 10, host="a")]))
            store.advance(each * 10 + 10)
        begun = bucket + 1
        top = store.top("hosts", 9)
        assert (top.slicing, top.rows[0].trend) == (slicing, trend), bucket


def test_the_distribution_covers_exactly_the_window() -> None:
    """An hour, bucket by bucket: percentiles forget the same times as the sums."""
    store = Store(STATISTICS, SIZE, 3600, 100, (120,))
    asked = request(1, host="a")
    for bucket in range(1000):
        seconds = 5.0 if bucket < 500 else 0.1
        store.add(RecordBatch([asked._replace(time=bucket * 10), sized(bucket * 10, asked, 1, seconds)]))
        store.advance(bucket * 10 + 10)
        (row,) = store.top("hosts", 9).rows
        slow = sum(hits for number, hits in row.window.times.bins if number == bin_of(5.0))
        assert slow == max(0, min(bucket + 1, 500) - max(0, bucket + 1 - 360))
        assert row.window.timed == min(bucket + 1, 360)


def test_when_memory_is_short_the_oldest_times_are_dropped_but_not_the_sums() -> None:
    store = Store(STATISTICS, SIZE, 3600, 100, (120,), max_bytes=200_000)
    for bucket in range(200):
        batch: list[Any] = []
        for number in range(20):
            asked = request(bucket * 10, host=f"host {number}")
            batch += [asked, sized(bucket * 10, asked, 1, 0.001 * (number + 1) * (bucket + 1))]
        store.add(RecordBatch(batch))
        store.advance(bucket * 10 + 10)
        assert store._windows._bytes + CODE_BYTES * sum(len(bins.all()[0]) for bins in store._windows._bins) <= 200_000
    top = store.top("hosts", 100)
    assert [row.window.count for row in top.rows] == [200] * 20
    assert 0 < top.whole.timed < 4000
    assert all(row.window.timed == top.whole.timed / 20 for row in top.rows)
    latest = [0.001 * 20 * (bucket + 1) for bucket in range(200 - top.whole.timed // 20, 200)]
    slowest = next(row.window for row in top.rows if row.key == "host 19")
    assert slowest.seconds == pytest.approx(sum(latest))
    assert Distribution.merged([row.window.times for row in (*top.rows, top.other)]) == top.whole.times


def test_times_dropped_for_want_of_memory_do_not_stay_in_a_shorter_window() -> None:
    """There is so little room that even the first bucket of the shorter window loses its times."""
    store = Store([Hosts()], SIZE, 240, 100, (120,), max_bytes=45_000)
    for bucket in range(40):
        batch: list[Any] = []
        for number in range(20):
            asked = request(bucket * 10, host=f"host {number}")
            batch += [asked, sized(bucket * 10, asked, 1, 0.001 * (number + 1) * (bucket + 1))]
        store.add(RecordBatch(batch))
        store.advance(bucket * 10 + 10)
    store.advance(530)
    assert store.totals("hosts").count > 0
    assert store.totals("hosts", 120) == NOTHING


def test_an_unknown_window_is_an_error() -> None:
    with pytest.raises(KeyError):
        Store(STATISTICS, SIZE, RETENTION, 100, WINDOWS).top("hosts", 9, 30)
