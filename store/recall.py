"""Sums that come back from a history, which knows them by the minute: put into the buckets they are from, evenly."""

from collections.abc import Iterable, Iterator, Sequence

from store.counter import Counter
from store.packed import Unpacked, packed, unpacked
from store.sums import Closed, Sums
from store.tally import Cell, Tally


def recalled(
    statistics: Iterable[Closed], counters: Sequence[Counter], max_keys: int, buckets: int
) -> list[list[Tally]]:
    """Tallies of so many buckets, which add up to what is known; statistics that are not counted now are passed over.

    All response times of a minute are in its first bucket.
    """
    numbers = {counter.name: number for number, counter in enumerate(counters)}
    tallies = [[Tally(max_keys, counter.weight) for counter in counters] for _ in range(buckets)]
    for name, keys, other in statistics:
        number = numbers.get(name)
        if number is not None:
            for shift, (key, sums) in enumerate((*keys.items(), (None, other))):
                _spread(counters[number], key, sums, [each[number] for each in tallies], shift % buckets)
    return tallies


def _spread(counter: Counter, key: str | None, sums: Sums, tallies: Sequence[Tally], shift: int) -> None:
    for tally, part in zip(tallies, _parts(counter.packed(sums), len(tallies), shift), strict=True):
        if part or tally is tallies[0]:
            cell = tally.other if key is None else tally.enter(key)
            cell.add(Cell(part))
    first = tallies[0].other if key is None else tallies[0].entries[key]
    first.bins += [number for number, count in sums.times.bins for _ in range(count)]


def _parts(sums: int, parts: int, shift: int) -> Iterator[int]:
    """Nearly equal parts of each field; `shift` says which ones get what is left, so that it is not always the same."""
    whole = unpacked(sums)
    fields = (whole.count, whole.total, whole.volume, whole.timed, whole.nanoseconds)
    for part in range(parts):
        each = ((field * (part + 1) + shift) // parts - (field * part + shift) // parts for field in fields)
        yield packed(Unpacked(*each))
