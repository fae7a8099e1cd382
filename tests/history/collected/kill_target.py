"""Applies record after record to a collector's folder, and prints the number of each one acknowledged."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[3]))

from sensor_records import bucket, record

from history.collected.folder import Folder
from history.keep import Retention
from history.record_codec import encode
from store.sums import Sums

START = 1_795_000_000 // 86400 * 86400.0
STEP = 25
"""Most records that come at once."""


def number(sequence: int) -> int:
    """Return how many requests a record has."""
    return 1 + sequence % 7


def apply_until_killed(path: str, first: int) -> None:
    """Apply every record from the first on, in batches that overlap with the one before."""
    folder = Folder(path, Retention(minutes=1e9), {}, 3600, 50)
    sequence = first
    while True:
        batch = []
        for each in range(max(1, sequence - 3), sequence + 1 + sequence % STEP):
            sums = {f"{key:050}": Sums(number(each), 9) for key in range(20)}
            own = record(each, bucket(START + 10 * each, top_sections=sums))
            batch.append((own, encode(own)))
        folder.take(batch, START + 10 * each)
        sequence = each + 1
        print(each, flush=True)


if __name__ == "__main__":
    apply_until_killed(sys.argv[1], int(sys.argv[2]))
