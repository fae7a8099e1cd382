"""A filtered view of the traffic: a store that counts only the exchanges, and other records, that match.

Sums cannot be filtered afterwards. So a lens scans the recent exchanges one by one when it is set, and then each new
one. It reaches back as far as `recent` does, and says how far. A request counts when its exchange is over.
Of other records, `recent` keeps few, so they are scanned at once.
"""

from collections import deque
from collections.abc import Iterable
from itertools import chain
from math import inf
from typing import Any

from store.filtering.fields import OTHERS
from store.filtering.filter import Filter
from store.matching import with_request
from store.recent import Recent, latest, slowest
from store.store import Store
from traffic.batch import Batch, RecordBatch
from traffic.records import Exchange


class Lens:
    """Counts in `store` the exchanges of `recent`, and all later ones, that match `filter`.

    Scanning all recent exchanges takes a while: `replay` does it in steps. Records that arrive meanwhile are queued and
    scanned in order.
    """

    def __init__(self, filter: Filter, recent: Recent, store: Store) -> None:  # noqa: A002 the name of the field
        self.filter = filter
        self.store = store
        """Sums of the matching exchanges. The caller provides it empty, and reads it."""
        self.matched = 0
        """Number of exchanges that matched."""
        self.scanned = 0
        """Number of exchanges scanned."""
        self.since = recent.since
        """When the first scanned exchange ended; None before there is one."""
        self._recent = recent
        self._waiting = deque(recent)
        # Number of the first exchange left to scan, as `recent` counts them.
        self._next = recent.dropped
        # Matching exchanges that `recent` still has.
        self._matching: deque[Exchange] = deque()
        # Their numbers, kept apart because 50,000 pairs would burden the garbage collector.
        self._numbers: deque[int] = deque()
        self._count_others(recent.others)

    @property
    def waiting(self) -> int:
        """Number of exchanges left to scan."""
        return len(self._waiting)

    def replay(self, limit: int, span: float = inf) -> int:
        """Scan up to `limit` exchanges that ended within `span` seconds of the first. Return how many are left."""
        accepts, found = self.filter.accepts, []
        end = self._waiting[0].time + span if self._waiting else inf
        for _ in range(min(limit, len(self._waiting))):
            if self._waiting[0].time > end:
                break
            exchange = self._waiting.popleft()
            if accepts(exchange):
                found.append(exchange)
                self._matching.append(exchange)
                self._numbers.append(self._next)
            self._next += 1
            self.scanned += 1
        self.matched += len(found)
        self.store.add(RecordBatch(chain.from_iterable(map(with_request, found))))
        self._forget()
        return len(self._waiting)

    def take(self, batch: Batch) -> None:
        """Take the batch that `recent` has just taken."""
        exchanges = batch.table(Exchange).records()
        if self.since is None and exchanges:
            self.since = exchanges[0].time
        for kind in OTHERS:
            self._count_others(batch.table(kind).records())
        idle = not self._waiting
        self._waiting.extend(exchanges)
        # The queue shrinks with each batch, even if nobody calls `replay`.
        self.replay(len(exchanges) if idle else 2 * len(exchanges))

    def advance(self, now: float) -> None:
        """Close the buckets that are over, and drop those that are too old."""
        self.store.advance(now)

    def latest(self, limit: int) -> list[Exchange]:
        """Return the matching exchanges that `recent` still has, latest first."""
        return latest(reversed(self._matching), limit)

    def slowest(self, limit: int, since: float = float("-inf")) -> list[Exchange]:
        """Return the same by response time, slowest first, from those that ended at `since` or later."""
        return slowest((exchange for exchange in self._matching if exchange.time >= since), limit)

    def _count_others(self, records: Iterable[Any]) -> None:
        """Count the matching records of `OTHERS`."""
        found = list(filter(self.filter.passes, records))
        if found:
            self.store.add(RecordBatch(found))

    def _forget(self) -> None:
        """Forget what `recent` has dropped."""
        while self._numbers and self._numbers[0] < self._recent.dropped:
            self._numbers.popleft()
            self._matching.popleft()
