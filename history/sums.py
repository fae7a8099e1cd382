"""What the history keeps of a statistic in a period, for one key. Pure."""

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, Final, NamedTuple

from history.bins import merged

OTHER: Final = "(other)"
"""The key of all that is not kept apart."""
MALFORMED: Final = "what is in it is malformed"
MOST: Final = 2**48
"""More than this nobody counts in a minute: what says so is damage."""


class PeriodSums(NamedTuple):
    """Sums of one key in a period."""

    counted: int
    """How often it came."""
    total: float
    """In the statistic's unit."""
    volume: int
    """Body bytes of responses."""
    timed: int
    """Exchanges whose response time is known."""
    seconds: float
    """Sum of these response times."""
    bins: bytes
    """Their distribution, as `history.bins` packs it."""


class Minute(NamedTuple):
    """All that one minute adds to the history. A minute may come again, with what was late for it."""

    start: float
    """Seconds since the epoch."""
    sums: dict[str, dict[str, PeriodSums]]
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


def sound(key: Any, sums: Iterable[Any], most: float = inf) -> PeriodSums:
    """What a file has of a key, or of a start: whole numbers up to `most`. The bins are not looked into.

    Raises:
        ValueError: it is malformed, so somebody else wrote into the file.
    """
    known = PeriodSums(*sums)
    whole, others = (known.counted, known.volume, known.timed), (known.total, known.seconds)
    if not (
        isinstance(key, str | float | int)
        and isinstance(known.bins, bytes)
        and all(isinstance(number, int) and 0 <= number <= most for number in whole)
        and all(isinstance(number, float | int) and 0 <= number < inf for number in others)
    ):
        raise ValueError(MALFORMED)
    return known


def added(parts: Iterable[PeriodSums]) -> PeriodSums:
    """All of them together."""
    counted, total, volume, timed, seconds, bins = 0, 0.0, 0, 0, 0.0, b""
    for part in parts:
        counted, total, volume = counted + part.counted, total + part.total, volume + part.volume
        timed, seconds, bins = timed + part.timed, seconds + part.seconds, merged(bins, part.bins)
    return PeriodSums(counted, total, volume, timed, seconds, bins)


def ranked(sums: Mapping[str, PeriodSums], unit: str, keys: int, key_length: int) -> dict[str, PeriodSums]:
    """The `keys` highest keys, cut at `key_length` characters, and the rest as `(other)`.

    Highest by count where the unit is hits, else by total.
    """
    cut: dict[str, list[PeriodSums]] = {}
    for key, known in sums.items():
        cut.setdefault(key[:key_length], []).append(known)
    whole = {key: parts[0] if len(parts) == 1 else added(parts) for key, parts in cut.items()}
    other = [whole.pop(OTHER)] if OTHER in whole else []
    if len(whole) > keys:
        order = sorted(whole, key=lambda key: (-(whole[key].counted if unit == "hits" else whole[key].total), key))
        other += [whole.pop(key) for key in order[keys:]]
    if other:
        whole[OTHER] = added(other)
    return whole
