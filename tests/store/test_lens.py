"""Lenses: a store of the matching exchanges, from the recent ones and all later ones."""

from filter_samples import BOT, EXCHANGE, EXCHANGES, UNPAIRED
from hypothesis import given, strategies

from stats.loading import load
from store.filtering.filter import parse
from store.lens import Lens
from store.recent import Recent
from store.store import Store
from traffic.batch import RecordBatch
from traffic.records import Exchange, Record

STATISTICS = load(["request_rate", "top_domains", "top_status_codes", "server_response_time"])


def new_store() -> Store:
    return Store(STATISTICS, 10, 600, 100)


def records(*exchanges: Exchange) -> list[Record]:
    """Return records as they are decoded, with all requests of the batch first."""
    return [*(exchange.request for exchange in exchanges if exchange.request is not None), *exchanges]


def at(time: float, exchange: Exchange) -> Exchange:
    request = exchange.request and exchange.request._replace(time=time - 0.8)
    return exchange._replace(time=time, request=request)


def counts(store: Store, name: str) -> dict[str, int]:
    return {row.key: row.window.count for row in store.top(name, 100).rows}


def test_a_lens_counts_matches_from_before_and_after_it_was_set() -> None:
    recent = Recent(100, 10**6)
    recent.take(RecordBatch(records(at(1001, EXCHANGE), at(1002, BOT), at(1003, EXCHANGE))))
    lens = Lens(parse("host:shop"), recent, new_store())
    assert (lens.waiting, lens.matched, lens.scanned, lens.since) == (3, 0, 0, 1001)
    assert lens.replay(100) == 0
    assert (lens.matched, lens.scanned) == (2, 3)
    later = records(at(1004, BOT), at(1005, EXCHANGE))
    recent.take(RecordBatch(later))
    lens.take(RecordBatch(later))
    lens.advance(1010)
    assert (lens.matched, lens.scanned, lens.since) == (3, 5, 1001)
    assert counts(lens.store, "top_domains") == {"shop.example.com": 3}
    assert counts(lens.store, "top_status_codes") == {"200": 3}
    assert lens.store.totals("request_rate").timed == 3
    assert [exchange.time for exchange in lens.latest(2)] == [1005, 1003]


def test_the_replay_goes_in_steps_and_new_exchanges_queue_behind() -> None:
    recent = Recent(100, 10**6)
    recent.take(RecordBatch([at(1000 + number, EXCHANGE) for number in range(10)]))
    lens = Lens(parse(""), recent, new_store())
    assert lens.replay(4) == 6
    assert lens.matched == lens.scanned == 4
    later = [at(1010, EXCHANGE), at(1011, EXCHANGE)]
    recent.take(RecordBatch(later))
    lens.take(RecordBatch(later))
    assert (lens.scanned, lens.waiting) == (8, 4)
    assert lens.replay(3) == 1
    assert lens.replay(3) == 0
    assert [exchange.time for exchange in lens.latest(3)] == [1011, 1010, 1009]


def test_a_step_of_the_replay_is_limited_in_seconds() -> None:
    recent = Recent(100, 10**6)
    recent.take(RecordBatch([at(1000 + 10 * number, EXCHANGE) for number in range(10)]))
    lens = Lens(parse(""), recent, new_store())
    assert [lens.replay(100, 25), lens.replay(2, 25), lens.replay(100, 25), lens.replay(100, 5)] == [7, 5, 2, 1]
    assert lens.replay(100, 0) == lens.replay(100, 0) == 0
    lens.advance(1100)
    assert counts(lens.store, "top_domains") == {"shop.example.com": 10}


def test_the_replay_ends_even_if_nobody_calls_it() -> None:
    recent = Recent(50, 10**6)
    recent.take(RecordBatch([EXCHANGE] * 50))
    lens = Lens(parse(""), recent, new_store())
    most = 0
    for _ in range(10):
        recent.take(RecordBatch([EXCHANGE] * 5))
        lens.take(RecordBatch([EXCHANGE] * 5))
        most = max(most, lens.waiting)
    assert (most, lens.waiting, lens.scanned) == (45, 0, 100)


def test_dropped_exchanges_remain_in_the_sums_only() -> None:
    recent = Recent(3, 10**6)
    lens = Lens(parse("ua:bot"), recent, new_store())
    for batch in ([at(1001, BOT), at(1002, EXCHANGE)], [at(1003, BOT), at(1004, EXCHANGE), at(1005, BOT)]):
        recent.take(RecordBatch(batch))
        lens.take(RecordBatch(batch))
    assert [exchange.time for exchange in lens.latest(9)] == [1005, 1003]
    assert lens.matched == 3
    assert counts(lens.store, "top_domains") == {"api.example.com": 3}


def test_slowest_lists_matching_exchanges_only() -> None:
    recent = Recent(100, 10**6)
    recent.take(
        RecordBatch([EXCHANGE._replace(time=1000 + number, response_time=number % 5 / 10) for number in range(10)])
    )
    lens = Lens(parse("time<350ms"), recent, new_store())
    lens.replay(100)
    assert [exchange.response_time for exchange in lens.slowest(3)] == [0.3, 0.3, 0.2]
    assert [exchange.time for exchange in lens.slowest(1, since=1004)] == [1008]


def test_advancing_before_or_after_the_replay_makes_no_difference() -> None:
    recent = Recent(100, 10**6)
    recent.take(RecordBatch([at(1000 + 10 * number, EXCHANGE) for number in range(70)]))
    lenses = [Lens(parse("host:shop"), recent, new_store()) for _ in range(2)]
    lenses[0].advance(1695)
    for lens in lenses:
        while lens.replay(10):
            pass
        lens.advance(1695)
    before, after = (lens.store for lens in lenses)
    for window in (10, 120, None):
        assert before.top("top_domains", 5, window) == after.top("top_domains", 5, window)
        assert before.totals("request_rate", window) == after.totals("request_rate", window)
    assert before.curve("request_rate") == after.curve("request_rate")
    assert before.series("request_rate", 60) == after.series("request_rate", 60)


def test_since_is_known_once_there_is_an_exchange() -> None:
    recent = Recent(100, 10**6)
    lens = Lens(parse(""), recent, new_store())
    assert lens.since is None
    lens.take(RecordBatch([at(1001, UNPAIRED)]))
    assert lens.since == 1001


@given(
    strategies.lists(strategies.lists(EXCHANGES, max_size=5), max_size=6),
    strategies.integers(1, 12),
    strategies.lists(strategies.integers(0, 8), max_size=20),
    strategies.sampled_from(["status:2xx", "time>100ms or method:GET", "not path:a", ""]),
)
def test_the_result_does_not_depend_on_when_it_is_set_or_how_it_is_replayed(
    batches: list[list[Exchange]], size: int, steps: list[int], text: str
) -> None:
    recent, wanted = Recent(size, 10**6), parse(text)
    half = len(batches) // 2
    for batch in batches[:half]:
        recent.take(RecordBatch(batch))
    lens, expected = Lens(wanted, recent, new_store()), [exchange for exchange in recent if wanted(exchange)]
    for batch in batches[half:]:
        if steps:
            lens.replay(steps.pop())
        recent.take(RecordBatch(batch))
        lens.take(RecordBatch(batch))
        expected += [exchange for exchange in batch if wanted(exchange)]
    lens.replay(10**6)
    by_hand = new_store()
    by_hand.add(
        RecordBatch([record for exchange in expected for record in (exchange.request, exchange) if record is not None])
    )
    for name in ("request_rate", "top_domains", "top_status_codes", "server_response_time"):
        assert lens.store.totals(name) == by_hand.totals(name)
        assert lens.store.top(name, 100) == by_hand.top(name, 100)
    assert lens.matched == len(expected)
    assert lens.latest(100) == [exchange for exchange in reversed(list(recent)) if wanted(exchange)]
