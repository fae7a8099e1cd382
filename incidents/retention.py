"""Decides which incidents to delete when there are too many. Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

SERIES: Final = 3600.0
"""Seconds after an incident within which another one belongs to the same series."""


class Stored(NamedTuple):
    """The folder of an incident."""

    name: str
    start: float
    """When its alert was raised, in seconds since the epoch."""
    bytes: int


def surplus(stored: Iterable[Stored], most: int, max_bytes: int) -> list[Stored]:
    """Return what to delete, so that at most `most` remain, with at most `max_bytes`. The newest always remains.

    The newest half is kept. Of the older ones, those go first that began less than an hour after another one, so that
    the first of a series stays longest; then the oldest.
    """
    left = sorted(stored, key=lambda each: (each.start, each.name))
    deleted = []
    while len(left) > 1 and (len(left) > most or sum(each.bytes for each in left) > max_bytes):
        deleted.append(_least_needed(left))
        left.remove(deleted[-1])
    return deleted


def _least_needed(stored: Sequence[Stored]) -> Stored:
    older = stored[: (len(stored) + 1) // 2]
    later = [each for before, each in pairwise(older) if each.start - before.start < SERIES]
    return later[0] if later else stored[0]
