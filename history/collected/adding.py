"""Adds up what the files of several sensors have. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from history.archive import StoredTop
from history.record import SENSORS
from history.report import REQUESTS
from history.sums import summed, total
from store.distribution import NO_TIMES, Distribution
from store.sums import ENOUGH, NOTHING, OTHER, ClosedBucket, KeyedSums, StatisticSums, Sums
from store.watched import WATCHED

Period = tuple[float, Sums]


def added_tops(tops: Sequence[StoredTop], unit: str, limit: int) -> StoredTop:
    """Return the highest keys of tops that have all keys. The spans of several may differ: all of them are covered."""
    parts: dict[str, list[Sums]] = {}
    for top in tops:
        for key, sums in top.rows:
            parts.setdefault(key, []).append(sums)
    parts.pop(OTHER, None)
    rows = sorted(((key, summed(own)) for key, own in parts.items()), key=lambda row: _rank(unit, *row))
    whole = summed(top.whole for top in tops)
    return StoredTop(min(top.since for top in tops), max(top.until for top in tops), rows[:limit], whole)


def with_times(top: StoredTop, times: Sequence[Mapping[str, Distribution]]) -> StoredTop:
    """Return the top with the distributions of its keys, added up."""
    rows = []
    for key, sums in top.rows:
        found = [part[key] for part in times if key in part]
        rows.append((key, replace(sums, times=Distribution.merged(found) if found else NO_TIMES)))
    return top._replace(rows=rows)


def added_sums(parts: Iterable[Mapping[str, Sums]]) -> dict[str, Sums]:
    """Add up sums by key."""
    found: dict[str, list[Sums]] = {}
    for part in parts:
        for key, sums in part.items():
            found.setdefault(key, []).append(sums)
    return {key: summed(own) for key, own in found.items()}


def added_periods(parts: Iterable[Sequence[Period]]) -> list[Period]:
    """Add up sums by start, in order."""
    found: dict[float, list[Sums]] = {}
    for part in parts:
        for start, sums in part:
            found.setdefault(start, []).append(sums)
    return [(start, summed(own)) for start, own in sorted(found.items())]


def added_buckets(buckets: Iterable[tuple[str, ClosedBucket]]) -> list[ClosedBucket]:
    """Add up buckets of sensors that are of the same time, oldest first, with the statistic SENSORS."""
    found: dict[tuple[float, float], dict[str, list[StatisticSums]]] = {}
    for sensor, bucket in buckets:
        parts = found.setdefault((bucket.start, bucket.width), {})
        for part in bucket.statistics:
            parts.setdefault(part.name, []).append(part)
            if part.name == REQUESTS:
                own = KeyedSums.of_items([(sensor, summed((part.keyed.whole(), part.other)))])
                parts.setdefault(SENSORS, []).append(StatisticSums(SENSORS, own, NOTHING))
    return [
        ClosedBucket(start, width, tuple(_added(name, same) for name, same in parts.items()))
        for (start, width), parts in sorted(found.items())
    ]


def _added(name: str, parts: Sequence[StatisticSums]) -> StatisticSums:
    if name == WATCHED:
        return StatisticSums(name, _longest(part.keyed for part in parts), NOTHING)
    return StatisticSums(name, KeyedSums.merged([part.keyed for part in parts]), summed(part.other for part in parts))


def _longest(parts: Iterable[KeyedSums]) -> KeyedSums:
    """Return the spans in which anybody watched: two sensors that watch at the same time do not watch twice as long."""
    spans: dict[str, Sums] = {}
    for part in parts:
        for key, sums in part.items():
            spans[key] = max(spans.get(key, NOTHING), sums, key=lambda each: each.seconds)
    return KeyedSums.of_items(spans.items())


def _rank(unit: str, key: str, sums: Sums) -> tuple[bool, float, str]:
    """Sort as the history of one host does: averages of few measurements come last."""
    if unit == "seconds":
        return sums.count < ENOUGH, -sums.seconds / max(sums.count, 1), key
    return False, -total(sums, unit), key
