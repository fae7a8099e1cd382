"""Buckets that are not closed yet: records are counted into them, batch by batch."""

import traceback
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from store.batch import Batch
from store.counter import Counter
from store.tally import Tally

CHUNK: Final = 4096
"""Records that are counted at a time: more would be no faster, and need memory for their keys."""
LOOSE: Final = 65536
"""Records after which the bins of all tallies are counted, so that they do not pile up."""
MOST_BINS: Final = 500_000
"""Of all keys, each some 100 bytes: buckets that have more are to be folded before their time."""


class Failure(NamedTuple):
    """A plug-in that raised, and is switched off."""

    name: str
    text: str
    """The traceback."""


class OpenBuckets:
    """The tallies of each open bucket, one for each of the `counters`."""

    def __init__(self, counters: Sequence[Counter], bucket_size: float, max_keys: int) -> None:
        self.tallies: dict[int, list[Tally]] = {}
        """By the number of the bucket."""
        self.failures: list[Failure] = []
        """Plug-ins that were switched off."""
        self.crowded = False
        """Whether they have more bins than they should."""
        self._bucket_size = bucket_size
        self._max_keys = max_keys
        self._weights = [counter.weight for counter in counters]
        self._counters = list(enumerate(counters))
        self._loose = 0  # records whose bins were not counted yet

    def batches(self, records: Iterable[Any]) -> Iterator[tuple[float, list[Any]]]:
        """Number of a bucket, and records of it; what has no bucket comes with NaN."""
        left = iter(records)
        while chunk := list(islice(left, CHUNK)):
            size = self._bucket_size
            indexes = [record.time // size for record in chunk]
            if len(set(indexes)) == 1:
                yield indexes[0], chunk
                continue
            parts: dict[float, list[Any]] = {}
            for index, record in zip(indexes, chunk, strict=True):
                parts.setdefault(index, []).append(record)
            yield from parts.items()

    def count(self, index: int, records: Sequence[Any]) -> None:
        """Add records to bucket `index`. A plug-in that raises is switched off; what it counted until then stays."""
        tallies = self.tallies.get(index)
        if tallies is None:
            tallies = self.tallies[index] = [Tally(self._max_keys, weight) for weight in self._weights]
        batch = Batch(records)
        for number, counter in tuple(self._counters):
            if not _counted(counter, batch, tallies[number]):
                self._count_singly(number, counter, batch, tallies[number])
        self._loose += len(records)
        if self._loose > LOOSE:
            self._fold()

    def _count_singly(self, number: int, counter: Counter, batch: Batch, tally: Tally) -> None:
        """Up to the record at which the plug-in raises."""
        try:
            for record in batch.records:
                counter.count(Batch([record]), tally)
        except Exception:
            self.failures.append(Failure(counter.name, traceback.format_exc()))
            self._counters.remove((number, counter))

    def _fold(self) -> None:
        self._loose = 0
        self.crowded = sum(tally.fold() for tallies in self.tallies.values() for tally in tallies) > MOST_BINS


def _counted(counter: Counter, batch: Batch, tally: Tally) -> bool:
    """Count a batch; False where the plug-in raises, and nothing was counted."""
    try:
        counter.count(batch, tally)
    except Exception:
        return False
    return True
