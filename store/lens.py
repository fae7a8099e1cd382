"""A filtered look at the traffic: a store of its own that counts only the exchanges that match.

Sums cannot be filtered once they are sums. So a lens looks at the recent exchanges, one by one, when it is set, and at
those that come from then on: it reaches back as far as they did, and says how far. A request counts when its exchange
is over.
"""

from collections import deque
from itertools import chain
from math import inf

from store.filtering.filter import Filter
from store.matching import with_request
from store.recent import Recent, latest, slowest
from store.store import Store
from traffic.batch import Batch, RecordBatch
from traffic.records import Exchange


class Lens:
    """Shows through `store` what matches `filter`, in `recent` and afterwards.

    Looking at all recent exchanges takes a while: `replay` does it in steps, and records that come meanwhile wait for
    their turn, the oldest first.
    """

    def __init__(self, filter: Filter, recent: Recent, store: Store) -> None:  # noqa: A002 the name of the field
        self.filter = filter
        self.store = store
        """With sums of what matched; the caller gave it empty, and reads it."""
        self.matched = 0
        """Exchanges that matched."""
        self.looked_at = 0
        """Of so many."""
        self.since = recent.since
        """When the first of these ended; None before there is one."""
        self._recent = recent
        self._waiting = deque(recent)
        self._next = recent.dropped  # the number of the first one that waits, as `recent` counts
        self._matching: deque[Exchange] = deque()  # those that `recent` still has
        self._numbers: deque[int] = deque()  # theirs; apart, as 50,000 pairs would be work for the garbage collector

    @property
    def waiting(self) -> int:
        """Exchanges that are still to be looked at."""
        return len(self._waiting)

    def replay(self, limit: int, span: float = inf) -> int:
        """Look at up to `limit` of the exchanges that wait, which ended within `span` seconds; how many still wait."""
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
            self.looked_at += 1
        self.matched += len(found)
        self.store.add(RecordBatch(chain.from_iterable(map(with_request, found))))
        self._forget()
        return len(self._waiting)

    def take(self, batch: Batch) -> None:
        """The batch that `recent` has just taken."""
        exchanges = batch.table(Exchange).records()
        if self.since is None and exchanges:
            self.since = exchanges[0].time
        idle = not self._waiting
        self._waiting.extend(exchanges)
        # Who waits gets fewer with each call, even if nobody asks for more.
        self.replay(len(exchanges) if idle else 2 * len(exchanges))

    def advance(self, now: float) -> None:
        """Close buckets, and let those leave that are too old."""
        self.store.advance(now)

    def latest(self, limit: int) -> list[Exchange]:
        """Matching exchanges that `recent` still has, the latest first."""
        return latest(reversed(self._matching), limit)

    def slowest(self, limit: int, since: float = float("-inf")) -> list[Exchange]:
        """The same by response time, the slowest first, of those that ended at `since` or later."""
        return slowest((exchange for exchange in self._matching if exchange.time >= since), limit)

    def _forget(self) -> None:
        """What `recent` has dropped is not kept here either."""
        while self._numbers and self._numbers[0] < self._recent.dropped:
            self._numbers.popleft()
            self._matching.popleft()
