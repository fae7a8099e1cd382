"""A store in memory, and sums of what it took."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sensor_records import FACTS

from fleet.ledger import Ledger
from fleet.spool import Bounds, Spool
from history.record import Level, SensorRecord, StoreError
from store.sums import OTHER, ClosedBucket, KeyedSums, Sums

UNITS = {"hits": "hits", "volume": "bytes", "times": "seconds"}
SENSOR = "web-1"
Sent = Callable[[Sequence[SensorRecord]], None]


class MemoryTarget:
    """Keeps each record once, however often it is sent. `answer` is called first, and may raise StoreError."""

    def __init__(self, answer: Sent | None = None) -> None:
        self.records: dict[tuple[object, int], SensorRecord] = {}
        self.calls: list[list[SensorRecord]] = []
        self.closed = False
        self.answer = answer

    def send(self, records: Sequence[SensorRecord]) -> None:
        self.calls.append(list(records))
        if self.answer is not None:
            self.answer(records)
        for record in records:
            known = self.records.setdefault((record.series, record.sequence), record)
            assert flat(known.buckets) == flat(record.buckets), "an identity stands for two records"

    def close(self) -> None:
        self.closed = True

    def of(self, level: Level) -> list[SensorRecord]:
        found = [record for record in self.records.values() if record.series.level is level]
        return sorted(found, key=lambda record: record.sequence)


def refuse(records: Sequence[SensorRecord]) -> None:
    raise StoreError("unknown statistic", refused=True)


def unreachable(records: Sequence[SensorRecord]) -> None:
    raise StoreError("https://store: connection refused")


def flat(buckets: Iterable[ClosedBucket]) -> dict[tuple[str, str], Sums]:
    """Return the sums of all buckets by statistic and key; watched spans together, as their keys differ by period."""
    parts: dict[str, list[KeyedSums]] = {}
    for bucket in buckets:
        for name, keyed, other in bucket.statistics:
            parts.setdefault(name, []).extend((keyed, KeyedSums.of_items([(OTHER, other)])))
    sums: dict[tuple[str, str], Sums] = {}
    for name, each in parts.items():
        whole = KeyedSums.merged(each)
        items = [("", whole.whole())] if name == "(watched)" else whole.items()
        sums |= {(name, key): known for key, known in items if known != Sums()}
    return sums


def totals(buckets: Iterable[ClosedBucket]) -> dict[str, Sums]:
    """Return the sums of all keys by statistic: what stays the same when keys are left out."""
    found: dict[str, list[KeyedSums]] = {}
    for (name, _), sums in flat(buckets).items():
        found.setdefault(name, []).append(KeyedSums.of_items([("", sums)]))
    return {name: KeyedSums.merged(parts).whole() for name, parts in found.items()}


def opened(folder: Path, size: int = 2**24, days: float = 7.0) -> Spool:
    return Spool(folder, SENSOR, Bounds(size, days))


def ledger(spool: Spool, keys: int = 100, chance: float = 0.0) -> Ledger:
    return Ledger(spool, SENSOR, FACTS, UNITS, keys, chance)


def delivered(spool: Spool, target: MemoryTarget) -> None:
    """Send everything, oldest first."""
    while batch := spool.oldest(100, 2**20):
        target.send([each.record for each in batch])
        spool.acknowledge(batch)


def buckets_of(records: Iterable[SensorRecord]) -> list[ClosedBucket]:
    return [bucket for record in records for bucket in record.buckets]
