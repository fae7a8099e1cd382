"""Recent exchanges: a ring with two bounds."""

from filter_samples import BOT, EXCHANGE, EXCHANGES, UNANSWERED, UNPAIRED
from hypothesis import given, strategies

from store.recent import Recent
from traffic.batch import RecordBatch
from traffic.records import Exchange, characters

AMPLE = 10**6


def at(*times: float) -> list[Exchange]:
    return [EXCHANGE._replace(time=time) for time in times]


def times(exchanges: list[Exchange]) -> list[float]:
    return [exchange.time for exchange in exchanges]


def test_only_exchanges_are_kept_and_in_order() -> None:
    recent = Recent(10, AMPLE)
    assert (len(recent), recent.since) == (0, None)
    assert EXCHANGE.request is not None
    recent.take(RecordBatch([EXCHANGE.request, EXCHANGE, "a packet", UNPAIRED]))
    recent.take(RecordBatch([BOT]))
    assert list(recent) == [EXCHANGE, UNPAIRED, BOT]
    assert (len(recent), recent.since, recent.dropped) == (3, EXCHANGE.time, 0)


def test_the_oldest_are_dropped_beyond_the_maximum_number() -> None:
    recent = Recent(3, AMPLE)
    recent.take(RecordBatch(at(1, 2)))
    recent.take(RecordBatch(at(3, 4, 5)))
    assert times(list(recent)) == [3, 4, 5]
    assert (recent.since, recent.dropped) == (3, 2)


def test_the_oldest_are_dropped_beyond_the_maximum_characters() -> None:
    size = characters(EXCHANGE) + characters(EXCHANGE.request)
    recent = Recent(100, 2 * size + size // 2)
    recent.take(RecordBatch(at(1, 2, 3)))
    assert times(list(recent)) == [2, 3]
    recent.take(RecordBatch([UNPAIRED._replace(time=4, content_type="x" * (2 * size))]))
    assert times(list(recent)) == [4]
    recent.take(RecordBatch([UNPAIRED._replace(time=5, content_type="x" * (3 * size))]))  # too long even alone
    assert (len(recent), recent.since, recent.dropped) == (0, None, 5)


@given(
    strategies.lists(strategies.lists(EXCHANGES, max_size=4)), strategies.integers(1, 6), strategies.integers(0, 200)
)
def test_the_ring_holds_as_many_of_the_latest_as_fit(batches: list[list[Exchange]], number: int, limit: int) -> None:
    recent, seen = Recent(number, limit), list[Exchange]()
    for batch in batches:
        recent.take(RecordBatch(batch))
        seen += batch
        sizes = [characters(exchange) + characters(exchange.request) for exchange in seen]
        fits = [count for count in range(min(number, len(seen)) + 1) if sum(sizes[len(sizes) - count :]) <= limit]
        assert list(recent) == seen[len(seen) - max(fits) :]
        assert recent.dropped == len(seen) - max(fits)


def test_latest_is_in_reverse_order() -> None:
    recent = Recent(10, AMPLE)
    recent.take(RecordBatch([*at(1, 2, 3), UNANSWERED._replace(time=4)]))
    assert times(recent.latest(2)) == [4, 3]
    assert times(recent.latest(9)) == [4, 3, 2, 1]
    assert times(recent.latest(2, keep=lambda exchange: exchange.status)) == [3, 2]


def test_slowest_is_by_response_time() -> None:
    recent = Recent(10, AMPLE)
    recent.take(RecordBatch([EXCHANGE._replace(response_time=time) for time in (0.2, None, 0.5, 0.0, 0.3)]))
    assert [exchange.response_time for exchange in recent.slowest(2)] == [0.5, 0.3]
    assert [exchange.response_time for exchange in recent.slowest(9)] == [0.5, 0.3, 0.2, 0.0]
    assert [e.response_time for e in recent.slowest(9, keep=lambda e: (e.response_time or 0) < 0.4)] == [0.3, 0.2, 0.0]
