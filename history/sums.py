"""What the history keeps of a statistic in a period: sums by key, as the store has them. Pure."""

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, Final, NamedTuple

from history.bins import unpacked
from store.distribution import Distribution
from store.sums import NOTHING, OTHER, Sums

MALFORMED: Final = "what is in it is malformed"
MOST: Final = 2**48
"""More than this nobody counts in a minute: what says so is damage."""


class Minute(NamedTuple):
    """All that one minute adds to the history. A minute may come again, with what was late for it."""

    start: float
    """Seconds since the epoch."""
    sums: dict[str, dict[str, Sums]]
    """By statistic and key."""


class StoredAlert(NamedTuple):
    """An alert as it is kept; signal and start say which one it is."""

    signal: str
    start: float
    end: float | None
    """None while it is active."""
    text: str
    """All of its facts, as JSON."""


def number_in(value: Any) -> float:
    """A number, as a file has it.

    Raises:
        ValueError: it is none, so somebody else wrote into the file.
    """
    if not isinstance(value, float | int):
        raise ValueError(MALFORMED)
    return value


def sound(key: Any, sums: Iterable[Any], most: float = inf) -> Sums:
    """What a file has of a key, or of a start: count and bytes up to `most`, seconds, and packed bins.

    Raises:
        ValueError: it is malformed, so somebody else wrote into the file.
    """
    count, size, seconds, bins = sums
    if not (
        isinstance(key, str | float | int)
        and isinstance(bins, bytes)
        and all(isinstance(number, int) and 0 <= number <= most for number in (count, size))
        and isinstance(seconds, float | int)
        and 0 <= seconds < inf
    ):
        raise ValueError(MALFORMED)
    return Sums(count, size, seconds, Distribution.of(unpacked(bins).items()))


def total(sums: Sums, unit: str) -> float:
    """What a statistic of that unit adds up."""
    return {"hits": sums.count, "bytes": sums.bytes, "seconds": sums.seconds}[unit]


def added(parts: Iterable[Sums]) -> Sums:
    """All of them together."""
    whole = NOTHING
    for part in parts:
        times = whole.times.merge(part.times) if whole.times.bins else part.times
        whole = Sums(whole.count + part.count, whole.bytes + part.bytes, whole.seconds + part.seconds, times)
    return whole


def ranked(sums: Mapping[str, Sums], unit: str, keys: int, key_length: int) -> dict[str, Sums]:
    """The `keys` highest keys by their total, cut at `key_length` characters, and the rest as `(other)`."""
    cut: dict[str, list[Sums]] = {}
    for key, known in sums.items():
        cut.setdefault(key[:key_length], []).append(known)
    whole = {key: parts[0] if len(parts) == 1 else added(parts) for key, parts in cut.items()}
    other = [whole.pop(OTHER)] if OTHER in whole else []
    if len(whole) > keys:
        order = sorted(whole, key=lambda key: (-total(whole[key], unit), key))
        other += [whole.pop(key) for key in order[keys:]]
    if other:
        whole[OTHER] = added(other)
    return whole
