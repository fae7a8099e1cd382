"""The cost of each detector per transaction: `python -m bench.detector_cost`.

It is the time to look at the batches of a capture, as they come every two seconds in a live run, divided by the number
of transactions. It does not include making columns, which statistics need anyway.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from bench.measure import table
from bench.offline import capture_of
from bench.peers.decoder_alone import decoded
from bench.statistic_cost import with_columns
from detection.loading import load
from detection.pipeline import Detection
from exercise_config import Config
from traffic.batch import RecordBatch
from traffic.records import OPTIONAL, Exchange

PACKETS: Final = 200_000
ROUNDS: Final = 5


def main() -> None:
    """Measure every default detector, and print a table, cheapest first."""
    records = list(decoded(str(capture_of(PACKETS)), OPTIONAL))
    exchanges = sum(type(record) is Exchange for record in records)
    batches = [with_columns(part) for part in parts(records, Config().timeout)]
    rows = [(seconds(batches, (name,)), name) for name in Config.detectors]
    rows.append((seconds(batches, Config.detectors), "all that are on by default"))
    print(f"{exchanges:,} transactions in {len(batches)} batches\n")
    print(
        table(
            ("detector", "us per transaction"), [(name, f"{1e6 * cost / exchanges:.2f}") for cost, name in sorted(rows)]
        )
    )


def parts(records: Sequence[Any], seconds: float) -> Iterator[list[Any]]:
    """Split records into what a live run takes each time."""
    part: list[Any] = []
    end = records[0].time + seconds
    for record in records:
        if record.time >= end:
            yield part
            part, end = [], end + seconds
        part.append(record)
    yield part


def seconds(batches: Sequence[RecordBatch], names: Sequence[str]) -> float:
    """Return the processor seconds to look at all batches, the minimum of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        detection = Detection(load(names, vars(Config())))
        begun = time.process_time()
        for batch in batches:
            detection.look(batch)
        best = min(best, time.process_time() - begun)
    return best


if __name__ == "__main__":
    main()
