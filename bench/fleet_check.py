"""Compares the sums in a store with those that the sensors know."""

from typing import Final, NamedTuple

from history.clickhouse.door import Door
from history.clickhouse.schema import SUMS, Place
from history.record import Level
from store.distribution import Distribution
from store.sums import KeyedSums, Sums
from store.watched import WATCHED

_AMOUNTS: Final = "sum(count), sum(bytes), sum(seconds), sum(client_errors), sum(server_errors)"
_NEAR: Final = 1e-9
"""Relative error of a sum of many floating-point numbers."""


class Balance(NamedTuple):
    """How a level of a store differs from the truth."""

    level: Level
    lost: int = 0
    """Counts that the store does not have."""
    doubled: int = 0
    """Counts that it has and should not."""
    wrong: tuple[str, ...] = ()
    """Statistics and keys whose sums differ in anything."""


def balance(door: Door, place: Place, level: Level, truth: dict[str, KeyedSums]) -> Balance:
    """Compare one level, statistic by statistic and key by key."""
    lost = doubled = 0
    wrong: list[str] = []
    for statistic, keyed in truth.items():
        stored, expected = stored_sums(door, place, level, statistic), dict(keyed.items())
        if statistic == WATCHED:  # its keys are seconds of the period, which differ by level
            stored, expected = ({"": whole(each)} for each in (stored, expected))
        for key in stored.keys() | expected.keys():
            has, should = (each.get(key, Sums()) for each in (stored, expected))
            lost += max(0, should.count - has.count)
            doubled += max(0, has.count - should.count)
            if not same(has, should):
                wrong.append(f"{statistic} {key}")
    return Balance(level, lost, doubled, tuple(wrong))


def stored_sums(door: Door, place: Place, level: Level, statistic: str) -> dict[str, Sums]:
    """Return the sums of each key that a store has at a level."""
    columns = door.query(
        f"SELECT key, {_AMOUNTS}, sumMap(bins, hits) FROM {place.table(SUMS[level])} FINAL"
        " WHERE statistic = {statistic:String} GROUP BY key",
        {"statistic": statistic},
    )
    return {
        key: Sums(count, size, seconds, Distribution(tuple(zip(*bins, strict=True))), client_errors, server_errors)
        for key, count, size, seconds, client_errors, server_errors, bins in zip(*columns, strict=True)
    }


def whole(sums: dict[str, Sums]) -> Sums:
    """Add up all keys."""
    return KeyedSums.of_items(sums.items()).whole()


def same(one: Sums, other: Sums) -> bool:
    """Return whether all sums are equal, apart from rounding."""
    near = abs(one.seconds - other.seconds) <= _NEAR * max(one.seconds, other.seconds)
    rest = one.count, one.bytes, one.client_errors, one.server_errors, one.times
    return near and rest == (other.count, other.bytes, other.client_errors, other.server_errors, other.times)
