"""Sensors that invent what they count: each of their buckets follows from the seed, the sensor and its number.

So the sums of any number of buckets are known without keeping them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

import numpy as np

from history.record import HEALTH, Facts
from store.bins import BINS
from store.distribution import Distribution, bins_of
from store.sums import (
    AMOUNTS,
    BYTES,
    CLIENT_ERRORS,
    COUNT,
    NOTHING,
    OTHER,
    SERVER_ERRORS,
    TIME,
    ClosedBucket,
    KeyedSums,
    StatisticSums,
    Sums,
)
from store.watched import WATCHED

BUCKET_SIZE: Final = 10
"""Seconds."""
ROWS: Final[Mapping[str, int]] = {
    "request_rate": 1,
    "top_sections": 24,
    "top_domains": 6,
    "top_operations": 8,
    "top_user_agents": 20,
    "top_methods": 4,
    "top_status_codes": 7,
    "status_classes": 3,
    "server_error_paths": 2,
    "uploaded_per_domain": 4,
    "downloaded_per_domain": 6,
    "server_response_time": 20,
    "top_clients": 42,
    "top_paths": 37,
    "not_found_paths": 3,
    "signals.requests": 1,
    "signals.responses": 6,
    "signals.sections": 3,
    WATCHED: 1,
    HEALTH: 1,
}
"""Keys of a bucket, by statistic; with OTHERS, 200 rows."""
OTHERS: Final = {"top_paths": Sums(7, 7_000, 0.5, Distribution(((400, 6), (420, 1))), 2, 1)}
"""Sums of keys without a slot."""
UNITS: Final = {"uploaded_per_domain": "bytes", "downloaded_per_domain": "bytes", "server_response_time": "seconds"}
"""Units of the statistics, apart from those of hits."""
POPULATION: Final = 2
"""Keys of a statistic to choose from, per row of a bucket. So a sensor's hour has about twice the rows of a bucket."""
KINDS: Final = 8
"""Sensors of a kind have the same keys; those of another have other clients and paths."""
BUCKETS: Final = 8
"""Different buckets of a kind."""
FACTS: Final = Facts("edge", "eth0 port 80", "simulated", BUCKET_SIZE)

Statistics = tuple[StatisticSums, ...]


def sensor_name(sensor: int) -> str:
    """Return the name of a sensor by its number."""
    return f"sensor-{sensor:05d}"


class Population:
    """All buckets of all sensors."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        generator = np.random.default_rng(seed)
        self._buckets = [_statistics(generator, number // BUCKETS) for number in range(KINDS * BUCKETS)]

    def bucket(self, sensor: int, number: int, begin: float) -> ClosedBucket:
        """Return a sensor's bucket by its number, from 1; number 0 would begin at `begin`."""
        return ClosedBucket(begin + number * BUCKET_SIZE, BUCKET_SIZE, self._buckets[self._which(sensor, number)])

    def truth(self, lasts: Mapping[int, int]) -> dict[str, KeyedSums]:
        """Return the sums of all buckets by statistic, given the number of the last bucket of each sensor."""
        times = Counter(self._which(sensor, each) for sensor, last in lasts.items() for each in range(1, last + 1))
        parts: dict[str, list[KeyedSums]] = {}
        for which, number in times.items():
            for each in self._buckets[which]:
                parts.setdefault(each.name, []).append(multiplied(every_key(each), number))
        return {name: KeyedSums.merged(each) for name, each in parts.items()}

    def _which(self, sensor: int, number: int) -> int:
        """Return the index of a bucket: one of the sensor's kind, without any pattern."""
        mixed = (self._seed * 1_000_003 + sensor * 7_919 + number) * 2_654_435_761 & 0xFFFFFFFF
        return sensor % KINDS * BUCKETS + (mixed >> 15) % BUCKETS


def every_key(part: StatisticSums) -> KeyedSums:
    """Return the sums of a statistic with those of other keys as the key OTHER, as stores do."""
    if part.other == NOTHING:
        return part.keyed
    return KeyedSums.merged([part.keyed, KeyedSums.of_items([(OTHER, part.other)])])


def multiplied(keyed: KeyedSums, times: int) -> KeyedSums:
    """Return the same sums so many times."""
    return keyed._replace(amounts=keyed.amounts * times, hits=keyed.hits * times)


def rows(buckets: Iterable[ClosedBucket]) -> int:
    """Return the number of rows in a store."""
    return sum(len(each.keyed.keys) + (each.other != NOTHING) for bucket in buckets for each in bucket.statistics)


def _statistics(generator: np.random.Generator, kind: int) -> Statistics:
    return tuple(
        StatisticSums(name, _keyed(generator, name, size, kind), OTHERS.get(name, NOTHING))
        for name, size in ROWS.items()
    )


def _keyed(generator: np.random.Generator, name: str, size: int, kind: int) -> KeyedSums:
    if name == WATCHED:
        return _single("0", {TIME: BUCKET_SIZE * 10**9})
    if name == HEALTH:
        return _single("frames", {COUNT: 5_000})
    chosen = np.sort(generator.choice(size * POPULATION, size, replace=False))
    counts = 1 + generator.zipf(1.6, size).clip(max=200)
    amounts = np.zeros((AMOUNTS, size), np.int64)
    amounts[COUNT] = counts
    amounts[BYTES] = counts * generator.integers(200, 50_000, size)
    amounts[CLIENT_ERRORS] = counts // 16
    amounts[SERVER_ERRORS] = counts // 64
    places = np.repeat(np.arange(size), counts.clip(max=8))
    seconds = generator.lognormal(-3.5, 0.3, len(places))
    amounts[TIME] = np.bincount(places, np.rint(seconds * 1e6) * 1_000, size).astype(np.int64)
    codes, hits = np.unique(places * BINS + bins_of(seconds), return_counts=True)
    return KeyedSums([_key(name, kind, int(number)) for number in chosen], amounts, codes, hits)


def _single(key: str, known: Mapping[int, int]) -> KeyedSums:
    amounts = np.zeros((AMOUNTS, 1), np.int64)
    for row, amount in known.items():
        amounts[row] = amount
    return KeyedSums([key], amounts, np.zeros(0, np.int64), np.zeros(0, np.int64))


@cache
def _key(name: str, kind: int, number: int) -> str:
    """Return a key of a statistic, about as long as real ones."""
    if name == "top_clients":
        return f"203.{kind}.{number % 7}.{number}"
    if name in ("top_paths", "not_found_paths", "server_error_paths", "signals.sections"):
        return f"shop{kind}.example.com/catalogue/articles/{number:04d}"
    if name == "top_user_agents":
        return f"Mozilla/5.0 (X11; Linux x86_64) Browser/{kind}.{number}"
    return f"{name.removeprefix('top_')}-{number}.example.com"
