"""What the history stores of a statistic in a period: sums by key, as in the store. Pure."""

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, Final, NamedTuple

from alerting.signal_statistics import SIGNALS
from history.bins import unpacked
from store.distribution import Distribution
from store.sums import NOTHING, OTHER, Sums

MALFORMED: Final = "its contents are malformed"
MAX_COUNT: Final = 2**48
"""Nobody counts more than this in a minute; a larger number is damage."""
HIDDEN: Final = ("(", SIGNALS)
"""Beginnings of the names of statistics that are for the program itself: WATCHED, HEALTH, and what signals count."""


def is_shown(statistic: str) -> bool:
    """Return whether a statistic is one that panels and reports show."""
    return not statistic.startswith(HIDDEN)


class Minute(NamedTuple):
    """Everything that one minute adds to the history. A minute may be issued again with late data."""

    start: float
    """Seconds since the epoch."""
    sums: dict[str, dict[str, Sums]]
    """By statistic and key."""


class StoredAlert(NamedTuple):
    """A stored alert, identified by signal and start."""

    signal: str
    start: float
    end: float | None
    """None while the alert is active."""
    text: str
    """All its facts, as JSON."""


def checked_number(value: Any) -> float:
    """Check a number from a file.

    Raises:
        ValueError: it is not a number, so something else wrote to the file.
    """
    if not isinstance(value, float | int):
        raise ValueError(MALFORMED)
    return value


def validated(key: Any, sums: Iterable[Any], most: float = inf) -> Sums:
    """Check what a file has for a key, or for a start: whole numbers up to `most`, seconds, and packed bins.

    Raises:
        ValueError: it is malformed, so something else wrote to the file.
    """
    count, size, seconds, client_errors, server_errors, bins = sums
    numbers = (count, size, client_errors, server_errors)
    if not (
        isinstance(key, str | float | int)
        and isinstance(bins, bytes)
        and all(isinstance(number, int) and 0 <= number <= most for number in numbers)
        and isinstance(seconds, float | int)
        and 0 <= seconds < inf
    ):
        raise ValueError(MALFORMED)
    return Sums(count, size, seconds, Distribution(tuple(unpacked(bins).items())), client_errors, server_errors)


def total(sums: Sums, unit: str) -> float:
    """Return the sum that a statistic of that unit shows."""
    return {"hits": sums.count, "bytes": sums.bytes, "seconds": sums.seconds}[unit]


def summed(parts: Iterable[Sums]) -> Sums:
    """Add up all parts."""
    whole = NOTHING
    for part in parts:
        times = whole.times.merge(part.times) if whole.times.bins else part.times
        whole = Sums(
            whole.count + part.count,
            whole.bytes + part.bytes,
            whole.seconds + part.seconds,
            times,
            whole.client_errors + part.client_errors,
            whole.server_errors + part.server_errors,
        )
    return whole


def highest_keys(sums: Mapping[str, Sums], unit: str, keys: int, key_length: int) -> dict[str, Sums]:
    """Return the `keys` highest keys, cut to `key_length` characters, with the rest as `(other)`."""
    cut: dict[str, list[Sums]] = {}
    for key, known in sums.items():
        cut.setdefault(key[:key_length], []).append(known)
    whole = {key: parts[0] if len(parts) == 1 else summed(parts) for key, parts in cut.items()}
    other = [whole.pop(OTHER)] if OTHER in whole else []
    if len(whole) > keys:
        order = sorted(whole, key=lambda key: (-total(whole[key], unit), key))
        other += [whole.pop(key) for key in order[keys:]]
    if other:
        whole[OTHER] = summed(other)
    return whole
