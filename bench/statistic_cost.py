"""The cost of each statistic per transaction: `python -m bench.statistic_cost`.

It is the time the store takes to add all batches of a capture with the statistic, minus the time without it, divided by
the number of transactions. It does not include decoding, or making columns from records, which the core's batches
already have.
"""

import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from bench.measure import table
from bench.offline import capture_of
from bench.peers.decoder_alone import decoded
from exercise_config import Config
from stats.loading import StatisticError, available, load
from stats.statistic import ScapyPacket
from store.store import Store
from traffic.batch import FLOATS, INTEGERS, TEXTS, RecordBatch
from traffic.records import OPTIONAL, Exchange

PACKETS: Final = 200_000
ROUNDS: Final = 5
BATCH: Final = 65_536
"""Records in a batch, including packets, so that it has about 7,000 transactions."""


def main() -> None:
    """Measure every statistic that can be loaded, and print a table, cheapest first."""
    records = list(decoded(str(capture_of(PACKETS)), OPTIONAL))
    exchanges = sum(type(record) is Exchange for record in records)
    batches = [with_columns(records[first : first + BATCH]) for first in range(0, len(records), BATCH)]
    base = seconds(batches, ())
    rows = [(1e6 * (seconds(batches, (name,)) - base) / exchanges, name) for name in filter(measurable, available())]
    rows.append((1e6 * (seconds(batches, Config.statistics) - base) / exchanges, "all that are on by default"))
    print(table(("statistic", "us per transaction"), [(name, f"{max(0, cost):.2f}") for cost, name in sorted(rows)]))


def with_columns(records: Sequence[Any]) -> RecordBatch:
    """Return a batch whose columns are already made."""
    batch = RecordBatch(records)
    for kind, names in TEXTS.items():
        for name in names:
            batch.table(kind).texts(name)
        for name in INTEGERS[kind] | FLOATS[kind]:
            batch.table(kind).numbers(name)
    return batch


def measurable(name: str) -> bool:
    """Return whether a statistic can be loaded and counts HTTP; Scapy takes about 100 us per packet."""
    try:
        return load([name])[0].record is not ScapyPacket
    except StatisticError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return False


def seconds(batches: Sequence[RecordBatch], names: Sequence[str]) -> float:
    """Return the processor seconds to add all batches, the minimum of several rounds."""
    config = Config()
    best = float("inf")
    for _ in range(ROUNDS):
        store = Store(load(names), config.dashboard_bucket_size, config.max_retention_length, config.max_keys)
        begun = time.process_time()
        for batch in batches:
            store.add(batch)
            store.advance(batch.records()[-1].time)
        best = min(best, time.process_time() - begun)
    return best


if __name__ == "__main__":
    main()
