"""The latest exchanges, one by one, in a bounded ring, for filters, details and the live list.

Of the other records that filters can test, the latest few are kept, too.

The sums of the store reach further back, but cannot be filtered.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from heapq import nlargest
from itertools import islice
from typing import Any, Final

from store.filtering.fields import OTHERS
from traffic.batch import Batch
from traffic.records import Exchange, characters

MOST_OTHERS: Final = 5_000
"""Maximum records that are not exchanges; each has some 2 kB."""
Wanted = Callable[[Exchange], object]
"""A test for wanted exchanges; its result is used as true or false."""


class Recent:
    """At most `max_exchanges`, with at most `max_characters` in all their strings. The oldest are dropped first."""

    def __init__(self, max_exchanges: int, max_characters: int) -> None:
        self.dropped = 0
        """Exchanges dropped since the start. The oldest one held is number `dropped`, counting from 0."""
        self.others: deque[Any] = deque(maxlen=MOST_OTHERS)
        """Records of `OTHERS`, in the order in which they were emitted."""
        self._max_exchanges = max_exchanges
        self._max_characters = max_characters
        self._exchanges: deque[Exchange] = deque()
        self._sizes: deque[int] = deque()
        self._characters = 0

    def take(self, batch: Batch) -> None:
        """Take the exchanges of a batch."""
        for exchange in batch.table(Exchange).records():
            size = characters(exchange) + (0 if exchange.request is None else characters(exchange.request))
            self._exchanges.append(exchange)
            self._sizes.append(size)
            self._characters += size
        for kind in OTHERS:
            self.others.extend(batch.table(kind).records())
        while len(self._exchanges) > self._max_exchanges or self._characters > self._max_characters:
            self._exchanges.popleft()
            self._characters -= self._sizes.popleft()
            self.dropped += 1

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        """Iterate in the order in which the exchanges ended, oldest first."""
        return iter(self._exchanges)

    @property
    def since(self) -> float | None:
        """When the oldest exchange ended, in seconds since the epoch; None if there is none."""
        return self._exchanges[0].time if self._exchanges else None

    def latest(self, limit: int, keep: Wanted | None = None) -> list[Exchange]:
        """Return the exchanges that ended last, latest first."""
        return latest(reversed(self._exchanges), limit, keep)

    def slowest(self, limit: int, keep: Wanted | None = None) -> list[Exchange]:
        """Return the exchanges with the longest response times, slowest first."""
        return slowest(self._exchanges, limit, keep)


def latest(backwards: Iterable[Exchange], limit: int, keep: Wanted | None = None) -> list[Exchange]:
    """Return the first `limit` wanted exchanges."""
    return list(islice(filter(keep, backwards) if keep else backwards, limit))


def slowest(exchanges: Iterable[Exchange], limit: int, keep: Wanted | None = None) -> list[Exchange]:
    """Return the wanted exchanges with the longest response times, without those that have none."""
    wanted = filter(keep, exchanges) if keep else exchanges
    return nlargest(limit, (exchange for exchange in wanted if exchange.response_time is not None), key=_response_time)


def _response_time(exchange: Exchange) -> float:
    return exchange.response_time or 0.0
