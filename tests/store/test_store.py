"""The store, compared with a recount by hand, and in small stories."""

import tracemalloc
from collections import defaultdict
from typing import Any, NamedTuple

import pytest
from hypothesis import given, strategies

from stats.statistic import BYTES, HITS, SECONDS, Statistic, Unit
from store.batches import MOST_BYTES
from store.store import Store
from store.sums import NOTHING, OTHER, Sums, TopRow
from traffic.batch import RecordBatch


class Visit(NamedTuple):
    time: float
    key: Any
    amount: Any = 1


class Counted:
    """A statistic of visits."""

    def __init__(self, name: str = "visits", unit: Unit = HITS, record: type = Visit) -> None:
        self.name, self.title, self.unit, self.record = name, name, unit, record

    def key(self, visit: Any) -> Any:
        return visit.key


class Measured(Counted):
    """A statistic of visits with amounts."""

    def amount(self, visit: Visit) -> Any:
        return visit.amount


def store_of(*statistics: Statistic, retention: float = 60, max_keys: int = 100, max_bytes: int = 2**20) -> Store:
    """Return a store with buckets of 10 s."""
    return Store(statistics or (Counted(),), 10, retention, max_keys, (20, 40), max_bytes)


def rows(store: Store, name: str = "visits", unit: Unit = HITS) -> dict[str, tuple[int, float]]:
    """Return count and total by key."""
    return {row.key: plain(row.window, unit) for row in store.top(name, 10_000).rows}


def plain(sums: Sums, unit: Unit = SECONDS) -> tuple[int, float]:
    """Return count and total."""
    return sums.count, sums.total(unit)


# Sums -----------------------------------------------------------------------------------------------------------------


def test_a_top_list_has_the_last_bucket_and_the_window() -> None:
    store = store_of()
    store.add(
        RecordBatch([Visit(3, "a"), Visit(4, "a"), Visit(5, "b"), Visit(12, "b"), Visit(13, "c"), Visit(21, "b")])
    )
    store.advance(20)
    top = store.top("visits", 2)
    assert top.rows == (
        TopRow("b", Sums(1), Sums(3), (0,) * 10 + (1, 1)),
        TopRow("a", Sums(0), Sums(2), (0,) * 10 + (2, 0)),
    )
    assert top.other == TopRow(OTHER, Sums(1), Sums(1), (0,) * 11 + (1,))
    assert store.totals("visits") == Sums(6)
    assert store.series("visits", 60) == [Sums(3), Sums(2)]
    assert store.peak("visits") == Sums(3)


def test_buckets_leave_as_a_whole_after_the_retention() -> None:
    store = store_of(retention=60)
    store.add(RecordBatch([Visit(9.9, "old"), Visit(10, "new")]))
    store.advance(69.9)
    assert rows(store) == {"old": (1, 1), "new": (1, 1)}
    store.advance(70)
    assert rows(store) == {"new": (1, 1)}
    store.advance(80)
    assert (rows(store), store.totals("visits"), store.peak("visits")) == ({}, NOTHING, NOTHING)


def test_hits_rank_by_count_bytes_by_total_and_seconds_by_average() -> None:
    store = store_of(Counted("hits"), Measured("bytes", BYTES), Measured("seconds", SECONDS))
    often = [Visit(1, "often", 1)] * 8
    much = [Visit(1, "much", 30)] * 6
    store.add(RecordBatch([*often, *much, *[Visit(1, "slow", 35)] * 5]))
    assert [row.key for row in store.top("hits", 9).rows] == ["often", "much", "slow"]
    assert [row.key for row in store.top("bytes", 9).rows] == ["much", "slow", "often"]
    assert [row.key for row in store.top("seconds", 9).rows] == ["slow", "much", "often"]


def test_a_single_slow_hit_does_not_top_the_averages() -> None:
    store = store_of(Measured("seconds", SECONDS))
    store.add(RecordBatch([Visit(1, "once", 30.0), *[Visit(1, "usual", 0.25)] * 5]))
    assert [(row.key, *plain(row.window)) for row in store.top("seconds", 9).rows] == [
        ("usual", 5, 1.25),
        ("once", 1, 30.0),
    ]


def test_ties_are_in_alphabetical_order() -> None:
    store = store_of()
    store.add(RecordBatch([Visit(1, "b"), Visit(1, "a"), Visit(1, "c")]))
    assert [row.key for row in store.top("visits", 2).rows] == ["a", "b"]


def test_the_peak_of_seconds_is_the_slowest_bucket() -> None:
    store = store_of(Measured("seconds", SECONDS))
    store.add(RecordBatch([*[Visit(1, "a", 0.1)] * 100, *[Visit(11, "a", 2.0)] * 5]))
    store.advance(20)
    assert plain(store.peak("seconds")) == (5, 10.0)


@pytest.mark.slow
def test_a_day_of_adding_and_subtracting_seconds_leaves_no_error() -> None:
    store = store_of(Measured("seconds", SECONDS))
    for bucket in range(8640):
        store.add(RecordBatch([Visit(bucket * 10 + 1, "a", 0.1), Visit(bucket * 10 + 2, "a", 1e-7 * bucket)]))
        store.advance(bucket * 10 + 10)
    expected = sum(100_000_000 + bucket * 100 for bucket in range(8634, 8640)) / 1e9
    assert plain(store.totals("seconds")) == (12, expected)
    store.advance(100_000)
    assert store.totals("seconds") == NOTHING


def test_an_impossible_body_size_counts_as_a_tebibyte() -> None:
    """So a peer's false claim cannot spoil the sums of others."""
    store = store_of(Measured("bytes", BYTES))
    store.add(RecordBatch([Visit(1, "a", 2**63), Visit(1, "a", 2**70), Visit(1, "b", 3)]))
    store.advance(10)
    assert rows(store, "bytes", BYTES) == {"a": (2, 2 * MOST_BYTES), "b": (1, 3)}
    store.advance(100)
    assert store.totals("bytes") == NOTHING


def test_records_are_counted_by_type_and_none_is_skipped() -> None:
    class Click(NamedTuple):
        time: float
        key: str

    store = store_of(Counted(), Counted("clicks", record=Click))
    store.add(RecordBatch([Visit(1, "a"), Click(1, "b"), Visit(1, None), Click(2, "b")]))
    assert (rows(store), rows(store, "clicks")) == ({"a": (1, 1)}, {"b": (2, 2)})


def test_a_series_includes_empty_buckets_but_none_before_the_start() -> None:
    store = store_of(retention=600)
    assert store.series("visits", 3) == []
    store.advance(1000)
    assert store.series("visits", 3) == []
    store.add(RecordBatch([Visit(1001, "a"), Visit(1025, "a")]))
    store.advance(1030)
    assert [sums.count for sums in store.series("visits", 60)] == [1, 0, 1]
    assert [sums.count for sums in store.series("visits", 2)] == [0, 1]


# Time -----------------------------------------------------------------------------------------------------------------


def test_a_late_record_counts_in_its_own_bucket() -> None:
    store = store_of(retention=60)
    store.add(RecordBatch([Visit(5, "a"), Visit(15, "a"), Visit(25, "a")]))
    store.advance(30)
    store.add(RecordBatch([Visit(5, "late"), Visit(25, "late"), Visit(25, "a")]))
    store.advance(31)
    assert [sums.count for sums in store.series("visits", 3)] == [2, 1, 3]
    assert {row.key: row.recent.count for row in store.top("visits", 9).rows} == {"a": 2, "late": 1}
    store.advance(70)
    assert rows(store) == {"a": (3, 3), "late": (1, 1)}


def test_a_record_older_than_the_window_counts_as_late() -> None:
    store = store_of(retention=60)
    store.advance(1000)
    store.add(RecordBatch([Visit(5, "a"), Visit(float("nan"), "a"), Visit(1e300, "a"), Visit(940, "a")]))
    assert (store.late, rows(store)) == (3, {"a": (1, 1)})


def test_a_jump_of_years_drops_everything_cheaply() -> None:
    store = store_of(retention=86400)
    store.add(RecordBatch([Visit(number * 10, "a") for number in range(1000)]))
    store.advance(10_000)
    store.advance(3e9)
    store.add(RecordBatch([Visit(3e9, "b")]))
    store.advance(3e9 + 10)
    assert (rows(store), store.peak("visits")) == ({"b": (1, 1)}, Sums(1))
    assert len(store.series("visits", 60)) == 60


def test_time_that_goes_back_is_ignored() -> None:
    store = store_of(retention=60)
    store.add(RecordBatch([Visit(1, "a"), Visit(995, "b")]))
    store.advance(1000)
    store.advance(50)
    store.advance(float("nan"))
    assert rows(store) == {"b": (1, 1)}


def test_a_batch_spread_over_many_times_stays_bounded() -> None:
    store = store_of(retention=100)
    store.add(RecordBatch(Visit(number * 7919 % 100_000 * 10, "a") for number in range(5000)))
    assert len(store._windows.open) <= 64
    assert len(store._windows.buckets) <= 64
    store.advance(1_000_000)
    assert store.totals("visits").count <= 11


# Any sequence ---------------------------------------------------------------------------------------------------------

moments = strategies.integers(0, 300)
events = strategies.lists(
    strategies.one_of(
        strategies.tuples(moments, strategies.sampled_from("abcdefgh"), strategies.integers(0, 50)),
        moments,  # time moves on to there
    ),
    max_size=80,
)


def replay(store: Store, steps: list[Any], retention: int = 60) -> dict[int, list[Visit]]:
    """Feed the store, and return what a recount finds in each bucket of the window at the end."""
    truth, now, oldest = defaultdict(list), None, -1
    for step in steps:
        if isinstance(step, int):
            now = step if now is None else max(now, step)
            oldest = (now - retention) // 10
            store.advance(step)
        else:
            visit = Visit(*step)
            store.add(RecordBatch([visit]))
            if visit.time // 10 >= oldest:
                truth[int(visit.time // 10)].append(visit)
    if now is not None:
        store.advance(now)
    return {bucket: visits for bucket, visits in truth.items() if bucket >= oldest}


@given(events)
def test_sliding_sums_equal_a_recount(steps: list[Any]) -> None:
    store = store_of(Counted(), Measured("bytes", BYTES))
    truth = replay(store, steps)
    visits = [visit for bucket in truth.values() for visit in bucket]
    counts = {visit.key: sum(other.key == visit.key for other in visits) for visit in visits}
    totals = {visit.key: sum(other.amount for other in visits if other.key == visit.key) for visit in visits}
    assert rows(store) == {key: (count, count) for key, count in counts.items()}
    assert rows(store, "bytes", BYTES) == {key: (count, totals[key]) for key, count in counts.items()}
    assert store.totals("bytes") == Sums(len(visits), sum(totals.values()))
    last = store._last_closed
    if last is not None:
        series = [len(truth.get(bucket, ())) for bucket in range(last - 5, last + 1)]
        got = [sums.count for sums in store.series("visits", 6)]
        assert got == series[len(series) - len(got) :]
        assert not any(series[: len(series) - len(got)])
        recent = {row.key: row.recent.count for row in store.top("visits", 99).rows if row.recent.count}
        assert recent == {
            key: sum(visit.key == key for visit in truth.get(last, ())) for key in {v.key for v in truth.get(last, ())}
        }
        assert store.peak("visits").count == max((len(truth[bucket]) for bucket in truth if bucket <= last), default=0)


@given(events, strategies.integers(1, 3), strategies.integers(0, 10), strategies.integers(1, 20))
def test_rows_and_other_add_up_whatever_the_bounds(steps: list[Any], max_keys: int, limit: int, max_bytes: int) -> None:
    store = store_of(Measured("bytes", BYTES), max_keys=max_keys, max_bytes=max_bytes)
    truth = replay(store, steps)
    held = [visit for bucket in truth.values() for visit in bucket]
    top, totals = store.top("bytes", limit), store.totals("bytes")
    everything = [*top.rows, top.other]
    assert sum(row.window.count for row in everything) == totals.count
    assert sum(row.window.bytes for row in everything) == totals.bytes
    assert all(row.window.count >= 0 and row.window.bytes >= 0 for row in everything)
    assert all(row.recent.count >= 0 and row.recent.bytes >= 0 for row in everything)
    assert totals.count >= len(held)


@given(events, strategies.integers(1, 3))
def test_no_key_is_ever_overcounted(steps: list[Any], max_keys: int) -> None:
    store = store_of(max_keys=max_keys)
    truth = replay(store, steps)
    keys = [visit.key for bucket in truth.values() for visit in bucket]
    assert store.totals("visits").count == len(keys)
    assert all(count <= keys.count(key) for key, (count, _) in rows(store).items())


# Bounds ---------------------------------------------------------------------------------------------------------------


def test_a_late_heavy_key_survives_a_flood() -> None:
    """Old heavy keys fill the sketch; then 4 of 5 requests are junk, and one is for the late key."""
    store = store_of(retention=10_000, max_keys=10)
    store.add(RecordBatch([Visit(1, f"old {number}") for number in range(10) for _ in range(50)]))
    junk = late = 0
    for bucket in range(1, 200):
        visits = []
        for _ in range(40):
            visits += [Visit(bucket * 10, f"junk {junk + offset}") for offset in range(4)]
            visits.append(Visit(bucket * 10, "late"))
            junk += 4
            late += 1
        store.add(RecordBatch(visits))
        store.advance(bucket * 10 + 10)
    everything = 500 + junk + late
    (best, *_) = store.top("visits", 10).rows
    assert best.key == "late"
    assert late - 2 * everything / 11 <= best.window.count <= late
    assert store.totals("visits").count == everything
    assert len(store._windows._sketches[0].slots) <= 20


def test_a_heavy_key_survives_days_of_junk() -> None:
    """The floor that a flood raised is settled when the buckets of the flood leave."""
    store = store_of(retention=100, max_keys=10)
    for bucket in range(500):
        visits = [Visit(bucket * 10, f"junk {bucket} {number}") for number in range(50)]
        store.add(RecordBatch([*visits, *[Visit(bucket * 10, "heavy")] * 30]))
        store.advance(bucket * 10 + 10)
        if bucket > 20:
            (best, *_) = store.top("visits", 1).rows
            assert best.key == "heavy"
            assert best.window.count >= 0.8 * 300


def test_a_key_that_was_removed_and_came_back_is_not_subtracted_twice() -> None:
    store = store_of(retention=60, max_keys=2)
    store.add(RecordBatch([Visit(1, "back")]))
    store.advance(10)
    store.add(RecordBatch([Visit(11, key) for key in ("a", "b", "c", "d") for _ in range(5)]))
    store.advance(20)
    assert "back" not in rows(store)
    store.add(RecordBatch([Visit(21, "back")] * 9))
    store.advance(30)
    assert rows(store)["back"] == (9, 9)
    store.advance(70)
    assert rows(store)["back"] == (9, 9)
    store.advance(80)
    assert rows(store)["back"] == (9, 9)
    store.advance(90)
    assert rows(store) == {}


def test_when_memory_runs_out_buckets_merge_and_keys_lose_nothing() -> None:
    """There are 10 keys in each of 100 buckets, and room for half of them."""
    store = store_of(retention=1000, max_bytes=60_000)
    for bucket in range(300):
        store.add(RecordBatch([Visit(bucket * 10, f"key {number}") for number in range(10)]))
        store.advance(bucket * 10 + 10)
        assert sum(block.size for block in store._windows._blocks) == store._windows._bytes <= 60_000
        held = min(bucket + 1, 100)
        counts = [count for count, _ in rows(store).values()]
        assert len(set(counts)) == 1
        assert held <= counts[0] <= held + 16
    assert [sums.count for sums in store.series("visits", 100)] == [10] * 100
    store.advance(10_000)
    assert (rows(store), store._windows._bytes, store._windows._blocks) == ({}, 0, [])


def test_junk_stays_within_the_memory_bounds() -> None:
    """There are 2 statistics, 100 keys, and 100 buckets with 300 new keys each."""
    store = store_of(Counted(), Measured("bytes", BYTES), retention=1000, max_keys=100, max_bytes=4_000)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for bucket in range(150):
        keys = [f"{bucket} {number} " + "x" * 90 for number in range(300)]
        store.add(RecordBatch(Visit(bucket * 10, key) for key in [*keys, *(f"usual {number}" for number in range(50))]))
        store.advance(bucket * 10 + 10)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    bound = 4_000 * 24 + 100 * (2 * 16 + 350) + 2 * 2 * (2 * 100 * (350 + 150))
    assert taken < bound


# Broken plug-ins ------------------------------------------------------------------------------------------------------


class Breaks(Measured):
    """A statistic whose key or amount may be an exception to raise."""

    def key(self, visit: Any) -> Any:
        return self.value(visit.key)

    def amount(self, visit: Visit) -> Any:
        return self.value(visit.amount)

    def value(self, value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        return value


class Constant(Counted):
    """A statistic with the same key for everything."""

    def key(self, visit: Any) -> str:
        return "all"


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (Visit(2, ZeroDivisionError("in key")), "ZeroDivisionError: in key"),
        (Visit(2, KeyError("in key")), "KeyError: 'in key'"),
        (Visit(2, "a", ZeroDivisionError("in amount")), "ZeroDivisionError: in amount"),
        (Visit(2, 7), "TypeError: a key is a str or None, not int"),
        (Visit(2, ["a"]), "TypeError: a key is a str or None, not list"),
        (Visit(2, "a", "5"), "an amount is a number from 0 up, not '5'"),
        (Visit(2, "a", None), "an amount is a number from 0 up, not None"),
        (Visit(2, "a", -1), "an amount is a number from 0 up, not -1"),
        (Visit(2, "a", float("nan")), "cannot convert float NaN to integer"),
        (Visit(2, "a", float("inf")), "cannot convert float infinity to integer"),
    ],
)
@pytest.mark.parametrize("unit", [BYTES, SECONDS])
def test_a_broken_plug_in_is_switched_off_and_the_others_continue(unit: Unit, bad: Visit, text: str) -> None:
    store = store_of(Breaks("broken", unit), Constant("fine"))
    store.add(RecordBatch([Visit(1, "a", 5), bad, Visit(3, "a", 5), Visit(13, "a", 5)]))
    store.advance(30)
    store.add(RecordBatch([Visit(31, "a", 5)]))
    (failure,) = store.failures
    assert failure.name == "broken"
    assert failure.text.startswith("Traceback")
    assert text in failure.text
    assert plain(store.totals("broken"), unit) == (1, 5)
    assert store.totals("fine").count == 5
