"""How one statistic counts the records of a batch, column by column.

A statistic of exchanges takes volume and response time from the exchange it counts. One of requests takes them from the
exchange that answers a request, when that comes: so its keys too say what the server made of them.
"""

import collections
from collections.abc import Callable, Sequence
from operator import add, attrgetter
from typing import Any, Final

from stats.statistic import Statistic, Unit
from store.batch import Answers, Batch
from store.distribution import NO_TIMES, Distribution, bins_of
from store.packed import (
    MOST_SECONDS,
    NANOSECONDS,
    ONE,
    Unpacked,
    count_of,
    nanoseconds_of,
    packed,
    times,
    total_of,
    totals,
    unpacked,
)
from store.sums import Sums
from store.tally import Tally, Weight
from traffic.records import Exchange, Request

TEXT: Final = {str, type(None)}
NUMBERS: Final = {int, float}


class Counter:
    """Of one statistic."""

    def __init__(self, statistic: Statistic) -> None:
        self.name = statistic.name
        self.unit = statistic.unit
        self.has_amount = hasattr(statistic, "amount")
        self._times_itself = self.has_amount and self.unit is Unit.SECONDS
        self._record = statistic.record
        self._key = _by_columns(statistic) if hasattr(statistic, "columns") else statistic.key
        amount = getattr(statistic, "amount", lambda record: 1)
        self._amount: Callable[[Any], float] = attrgetter(amount) if isinstance(amount, str) else amount

    @property
    def weight(self) -> Weight:
        """What a key is kept for: how often it came, or how much it came to."""
        if self.unit is Unit.HITS or not self.has_amount:
            return count_of
        return nanoseconds_of if self.unit is Unit.SECONDS else total_of

    def public(self, sums: int, times: Distribution = NO_TIMES) -> Sums:
        """Packed sums, as the store answers."""
        known = unpacked(sums)
        amount: float = known.count
        if self.has_amount:
            amount = known.nanoseconds / NANOSECONDS if self.unit is Unit.SECONDS else known.total
        return Sums(known.count, amount, known.volume, known.timed, known.nanoseconds / NANOSECONDS, times)

    def packed(self, sums: Sums) -> int:
        """The reverse of `public`."""
        total = round(sums.total) if self.has_amount and self.unit is not Unit.SECONDS else 0
        return packed(Unpacked(sums.count, total, sums.volume, sums.timed, round(sums.seconds * NANOSECONDS)))

    def count(self, batch: Batch, tally: Tally) -> None:
        """Add the records of a batch; all of them, or none where the plug-in fails.

        Raises:
            Exception: the plug-in raised, or returned what it must not.
        """
        if self._record is Request:
            self._count_requests(batch, tally)
        elif self._record is Exchange:
            self._count_exchanges(batch.answers, tally)
        elif records := batch.by_type.get(self._record):
            self._count_bare(records, self._keys(records), tally)

    def _count_requests(self, batch: Batch, tally: Tally) -> None:
        """Those that came, and what was answered to those that came before."""
        keys, answers = self._keys(batch.requests), batch.answers
        self._count_bare(batch.requests[: batch.came], keys[: batch.came], tally)
        owners = [None if place is None else keys[place] for place in batch.owners]
        if self._times_itself:
            tally.add(owners, answers.volumes)
        else:
            tally.add_timed(owners, answers.measured, answers.bins)

    def _count_bare(self, records: Sequence[Any], keys: Sequence[str | None], tally: Tally) -> None:
        """Records with neither volume nor time."""
        if not self.has_amount:
            hits = collections.Counter(keys)
            tally.add(hits, [ONE * count for count in hits.values()])
            return
        amounts = self._amounts(records, keys)
        if self._times_itself:
            tally.add_timed(keys, [ONE + each for each in times(amounts)], bins_of(amounts))
        else:
            tally.add(keys, [ONE + each for each in totals(amounts)])

    def _count_exchanges(self, answers: Answers, tally: Tally) -> None:
        keys = self._keys(answers.records)
        sums, bins = answers.counted, answers.bins
        if self.has_amount:
            amounts = self._amounts(answers.records, keys)
            if not self._times_itself:
                sums = list(map(add, sums, totals(amounts)))
            elif amounts != answers.seconds:  # else it is known already
                sums = [ONE + each for each in map(add, answers.volumes, times(amounts))]
                bins = bins_of(amounts)
        tally.add_timed(keys, sums, bins)

    def _keys(self, records: Sequence[Any]) -> list[Any]:
        """A key for each record, or None.

        Raises:
            TypeError: a key is something else.
        """
        keys = list(map(self._key, records))
        for kind in set(map(type, keys)) - TEXT:
            if not issubclass(kind, str):
                raise TypeError(f"a key is a str or None, not {kind.__name__}")
        return keys

    def _amounts(self, records: Sequence[Any], keys: Sequence[str | None]) -> list[Any]:
        """An amount for each record that has a key, else None: seconds, or a whole number.

        Raises:
            ValueError: an amount is no number from 0 up.
            OverflowError: it has no end.
        """
        chosen = records
        if None in keys:
            chosen = [record for record, key in zip(records, keys, strict=True) if key is not None]
        amounts = list(map(self._amount, chosen))
        kinds = set(map(type, amounts))
        if not kinds <= NUMBERS or not 0 <= min(amounts, default=0) <= sum(amounts) < MOST_SECONDS:
            amounts = [_checked(amount) for amount in amounts]
            if self._times_itself:
                amounts = [min(amount, MOST_SECONDS) for amount in amounts]
        if kinds != {int} and not self._times_itself:
            amounts = [round(amount) for amount in amounts]
        if chosen is records:
            return amounts
        each = iter(amounts)
        return [None if key is None else next(each) for key in keys]


def _by_columns(statistic: Any) -> Callable[[Any], str | None]:
    """The key of a record, from the columns of a statistic. What an exchange has not is that of its request."""
    values = [_column(statistic.record, name) for name in statistic.columns]
    return lambda record: statistic.key(*[value(record) for value in values])


def _column(kind: type, name: str) -> Callable[[Any], Any]:
    value = attrgetter(name)
    if kind is not Exchange or hasattr(Exchange, name):
        return value
    return lambda exchange: None if exchange.request is None else value(exchange.request)


def _checked(amount: Any) -> float:
    if not isinstance(amount, (int, float)) or amount < 0:
        raise ValueError(f"an amount is a number from 0 up, not {amount!r:.100}")
    round(amount)  # which NaN and infinity can't be
    return amount
