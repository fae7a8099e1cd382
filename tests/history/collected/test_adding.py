"""Sums of several sensors, added up."""

from history.collected.adding import added_buckets
from history.record import SENSORS
from store.sums import NOTHING, ClosedBucket, KeyedSums, StatisticSums, Sums
from store.watched import WATCHED


def bucket(start: float, requests: int, watched: dict[str, float]) -> ClosedBucket:
    parts = {
        "request_rate": {"requests": Sums(requests, 10 * requests)},
        WATCHED: {key: Sums(seconds=seconds) for key, seconds in watched.items()},
    }
    return ClosedBucket(
        start,
        10.0,
        tuple(StatisticSums(name, KeyedSums.of_items(keys.items()), NOTHING) for name, keys in parts.items()),
    )


def keys(added: ClosedBucket, name: str) -> dict[str, Sums]:
    return next(part.keys for part in added.statistics if part.name == name)


def test_buckets_of_the_same_time_are_added_up_and_kept_apart_by_sensor() -> None:
    first, second = added_buckets(
        [("web-2", bucket(10, 5, {})), ("web-1", bucket(0, 3, {})), ("web-2", bucket(0, 4, {}))],
    )
    assert (first.start, second.start) == (0, 10)
    assert keys(first, "request_rate") == {"requests": Sums(7, 70)}
    assert keys(first, SENSORS) == {"web-1": Sums(3, 30), "web-2": Sums(4, 40)}


def test_two_sensors_that_watch_at_the_same_time_do_not_watch_twice_as_long() -> None:
    for order in ((0, 1), (1, 0)):
        pair = [("web-1", bucket(0, 1, {"0": 10.0})), ("web-2", bucket(0, 1, {"0": 4.0, "6": 4.0}))]
        (added,) = added_buckets([pair[place] for place in order])
        assert {key: sums.seconds for key, sums in keys(added, WATCHED).items()} == {"0": 10.0, "6": 4.0}
