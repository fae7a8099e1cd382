"""The latest exchanges, one by one, in a bounded ring: what filters, details and the live list look at.

The sums of the store reach further back, and cannot be filtered any more.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from heapq import nlargest
from itertools import islice

from traffic.batch import Batch
from traffic.records import Exchange, characters

Keep = Callable[[Exchange], object]
"""A test; what it returns is true for those that are wanted."""


class Recent:
    """At most `max_exchanges` of them, whose strings have at most `max_characters` in all. The oldest go first."""

    def __init__(self, max_exchanges: int, max_characters: int) -> None:
        self.dropped = 0
        """Exchanges that had to go, since the start: the oldest one here is number `dropped`, counted from 0."""
        self._max_exchanges = max_exchanges
        self._max_characters = max_characters
        self._exchanges: deque[Exchange] = deque()
        self._sizes: deque[int] = deque()
        self._characters = 0

    def take(self, batch: Batch) -> None:
        """Take over the exchanges of a batch."""
        for exchange in batch.table(Exchange).records():
            size = characters(exchange) + (0 if exchange.request is None else characters(exchange.request))
            self._exchanges.append(exchange)
            self._sizes.append(size)
            self._characters += size
        while len(self._exchanges) > self._max_exchanges or self._characters > self._max_characters:
            self._exchanges.popleft()
            self._characters -= self._sizes.popleft()
            self.dropped += 1

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        """In the order in which they ended, the oldest first."""
        return iter(self._exchanges)

    @property
    def since(self) -> float | None:
        """When the oldest one ended, in seconds since the epoch; None while there is none."""
        return self._exchanges[0].time if self._exchanges else None

    def latest(self, limit: int, keep: Keep | None = None) -> list[Exchange]:
        """Those that ended last, the latest first."""
        return latest(reversed(self._exchanges), limit, keep)

    def slowest(self, limit: int, keep: Keep | None = None) -> list[Exchange]:
        """Those with the longest response times, the slowest first."""
        return slowest(self._exchanges, limit, keep)


def latest(backwards: Iterable[Exchange], limit: int, keep: Keep | None = None) -> list[Exchange]:
    """The first ones that are wanted."""
    return list(islice(filter(keep, backwards) if keep else backwards, limit))


def slowest(exchanges: Iterable[Exchange], limit: int, keep: Keep | None = None) -> list[Exchange]:
    """By response time, of those that have one."""
    wanted = filter(keep, exchanges) if keep else exchanges
    return nlargest(limit, (exchange for exchange in wanted if exchange.response_time is not None), key=_response_time)


def _response_time(exchange: Exchange) -> float:
    return exchange.response_time or 0.0
