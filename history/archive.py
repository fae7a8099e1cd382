"""The sums on disk, in one SQLite file. `Archive` is the small interface that other stores implement, too.

Each minute is written in one transaction that also adds it to its hour and its day. So all three levels always agree,
and nothing needs to be repaired after a crash. The file is in WAL mode: a process that is killed loses only what was
not committed, and readers do not wait (https://www.sqlite.org/wal.html).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from math import inf
from typing import Any, NamedTuple

from history.bins import unpacked
from history.column_rows import keyed, totals
from history.counts import Wanted, always
from history.database import Database, HistoryError, RunStatement
from history.interface import Archive, StoredTop
from history.keep import Retention
from history.periods import PeriodLevel, Tile, next_start, period_start, tiles
from history.sums import (
    MALFORMED,
    MAX_COUNT,
    Minute,
    StoredAlert,
    checked_number,
    highest_keys,
    is_shown,
    summed,
    validated,
)
from store.distribution import NO_TIMES, Distribution
from store.sums import ENOUGH, NOTHING, OTHER, StatisticSums, Sums
from store.watched import WATCHED

__all__ = ["Archive", "HistoryError", "SqliteArchive", "StoredTop"]

OPEN_PERIOD_FACTOR = 10
"""Factor on the number of keys in an unfinished period, because their order may still change."""
KEY_LENGTH = 256
"""Maximum characters of a key."""
SIGNAL_KEYS = 50
"""Maximum keys of a statistic that signals count: contributors have a share of at least a tenth, and of the servers
that are judged one by one, these are the busiest.
"""
TRIMMED = (2 * 3600, 2 * 86400, 2 * 86400)
"""Seconds before the current period of each level in which there may be periods with too many keys after a restart."""
_AMOUNTS = ("count", "bytes", "seconds", "client_errors", "server_errors")
_EACH = ", ".join((*_AMOUNTS, "bins"))
_SUMS = ", ".join(f"sum({name}) AS {name}" for name in _AMOUNTS)
_ORDER = {"hits": "count", "bytes": "bytes", "seconds": f"count >= {ENOUGH} DESC, seconds / max(count, 1)"}
"""What the highest keys are sorted by, by unit."""
_TILE = "SELECT * FROM sums WHERE level = ? AND statistic = ? AND start >= ? AND start < ?"


class SqliteArchive:
    """An archive in the file `path`, for the statistics in `units` (unit by name)."""

    def __init__(
        self, path: str, keep: Retention, units: Mapping[str, str] | None = None, zone: tzinfo | None = None
    ) -> None:
        """Open the file. With `units` it is writable, and created if it is missing.

        Raises:
            HistoryError: the file cannot be opened, is damaged, or is not a history.
        """
        self._keep = keep
        self.zone = zone
        """The time zone of its hours and days; None is that of the system."""
        self._hour = -1.0
        self._now = 0.0
        # Start of the earliest minute written since periods were last reduced to their highest keys.
        self._earliest_written = inf
        self.database = Database(path, keep.size, writes=units is not None)
        """The file, in which others may have tables of their own."""
        with self.database.translated_errors():
            self._statistics = self._known()
        if units:
            self.register(units)

    def register(self, units: Mapping[str, str]) -> None:
        """Add statistics, given by name and unit; those that are there already keep their unit.

        Raises:
            HistoryError: they cannot be written.
        """
        with self.database.transaction() as run:
            run("INSERT OR IGNORE INTO statistic (name, unit) VALUES (?, ?)", list(units.items()))
        with self.database.translated_errors():
            self._statistics = self._known()
            if not units.keys() <= self._statistics.keys():
                raise ValueError(MALFORMED)

    def write(self, minute: Minute) -> None:
        """See `Archive.write`. The oldest periods are deleted if the file would become too large."""
        self.write_all((minute,))

    def write_all(self, minutes: Sequence[Minute], also: Callable[[RunStatement], None] | None = None) -> None:
        """Add minutes, and run the statements of `also`, in one transaction.

        Raises:
            HistoryError: nothing was written, or there is no room for what comes next.
        """
        starts = [minute.start for minute in minutes]
        self._now = max(self._now, *starts, 0.0)
        self._earliest_written = min(self._earliest_written, *starts, inf)
        try:
            self._write(minutes, also)
        except HistoryError:
            if not self.database.is_full or not self._delete_oldest(self._now):
                raise
            self._write(minutes, also)
        while self.database.used > self._keep.bytes_of_data and self._delete_oldest(self._now):
            pass

    def write_alert(self, alert: StoredAlert) -> None:
        """See `Archive.write_alert`."""
        with self.database.transaction() as run:
            run("INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?)", [alert])

    def alerts(self, since: float) -> list[StoredAlert]:
        """See `Archive.alerts`."""
        query = "SELECT * FROM alert WHERE end IS NULL OR end >= ? ORDER BY start DESC"
        return [StoredAlert(*row) for row in self.database.rows(query, (since,))]

    def statistics(self) -> dict[str, str]:
        """Return name and unit of each statistic that was ever stored, except the hidden ones."""
        self._statistics = self._known()
        return {name: unit for name, (_, unit) in self._statistics.items() if is_shown(name)}

    @property
    def kept(self) -> frozenset[str]:
        """The names of all statistics that were ever stored, hidden ones too."""
        return frozenset(self._statistics)

    def top(self, statistic: str, since: float, until: float, limit: int) -> StoredTop:
        """See `Archive.top`."""
        span = self._span(statistic, since, until)
        order = _ORDER[self._statistics[statistic][1]]
        query = f"SELECT key, {_SUMS} FROM {span.sums} WHERE key != ? GROUP BY key ORDER BY {order} DESC, key LIMIT ?"
        found = self._keyed(query, (*span.values, OTHER, limit))
        bins = self._bins(span, [key for key, _ in found])
        rows = [(key, replace(known, times=bins.get(key, NO_TIMES))) for key, known in found]
        return StoredTop(span.since, span.until, rows, self._whole(span))

    def sums(self, statistic: str, keys: Sequence[str], since: float, until: float) -> dict[str, Sums]:
        """See `Archive.sums`."""
        span = self._span(statistic, since, until)
        query = f"SELECT key, {_SUMS} FROM {span.sums} WHERE key IN ({_marks(keys)}) GROUP BY key"
        return dict(self._keyed(query, (*span.values, *keys)))

    def every(self, statistic: str, since: float, until: float) -> StoredTop:
        """Return the sums of all keys, with OTHER, without distributions, in no order."""
        span = self._span(statistic, since, until)
        rows = self._keyed(f"SELECT key, {_SUMS} FROM {span.sums} GROUP BY key", span.values)
        return StoredTop(span.since, span.until, rows, summed(sums for _, sums in rows))

    def times(self, statistic: str, keys: Sequence[str], since: float, until: float) -> dict[str, Distribution]:
        """Return the distributions of the keys that occur in a span."""
        return self._bins(self._span(statistic, since, until), keys)

    def whole(self, statistic: str, since: float, until: float) -> Sums:
        """Return the sums of all keys, with their distribution."""
        span = self._span(statistic, since, until)
        query = f"SELECT 0, merged_all(bins) FROM {span.sums}"
        with self.database.translated_errors():
            bins = unpacked(self.database.rows(query, span.values)[0][1] or b"")
        return replace(self._whole(span), times=Distribution(tuple(bins.items())))

    def periods(self, statistic: str, since: float, until: float) -> list[tuple[float, Sums]]:
        """See `Archive.periods`."""
        span = self._span(statistic, since, until)
        return self._keyed(f"SELECT start, {_SUMS} FROM {span.sums} GROUP BY start ORDER BY start", span.values)

    def totals(self, statistic: str, level: PeriodLevel, since: float, until: float) -> list[tuple[float, Sums]]:
        """See `Archive.totals`."""
        number = self.number(statistic)
        query = (
            f"SELECT start, {_SUMS} FROM sums"
            " WHERE level = ? AND statistic = ? AND start >= ? AND start < ? GROUP BY start ORDER BY start"
        )
        return self._keyed(query, (level, number, period_start(level, since, self.zone), until))

    def minutes(
        self,
        since: float,
        until: float,
        level: PeriodLevel = PeriodLevel.MINUTE,
        wanted: Wanted = always,
    ) -> Iterator[Minute]:
        """Iterate over the stored minutes, or periods of another level, oldest first, with the `wanted` statistics."""
        names = {number: name for name, (number, _) in self._statistics.items() if wanted(name)}
        query = (
            f"SELECT start, statistic, key, {_EACH} FROM sums"
            " WHERE level = ? AND statistic = ? AND start >= ? AND start < ? ORDER BY start"
        )
        minutes: dict[float, dict[str, dict[str, Sums]]] = {}
        for number, name in names.items():
            for start, _, key, *sums in self.database.rows(query, (level, number, since, until)):
                known = minutes.setdefault(start, {}).setdefault(name, {})
                with self.database.translated_errors():
                    known[key] = validated(key, sums, MAX_COUNT)
        for start in sorted(minutes):
            yield Minute(start, minutes[start])

    def watched(self, since: float, until: float) -> float:
        """See `Archive.watched`."""
        if WATCHED not in self._statistics:
            return until - since
        number = self.number(WATCHED)
        query = "SELECT min(start) FROM sums WHERE level = ? AND statistic = ?"
        first = self.database.rows(query, (PeriodLevel.DAY, number))[0][0]
        if first is None:
            return until - since
        noted = self._whole(self._span(WATCHED, since, until)).seconds
        return min(until - since, max(0.0, checked_number(first) - since) + noted)

    def earliest(self) -> float | None:
        """See `Archive.earliest`. It is the start of a minute, or of an hour or a day whose minutes have been
        deleted.
        """
        for level in PeriodLevel:
            first = self.first(level)
            if first is not None and self._is_whole(level, first):
                return first
        return None

    def latest(self) -> float:
        """See `Archive.latest`."""
        return max((start + 60 for start in self._starts("max", PeriodLevel.MINUTE)), default=0.0)

    def first(self, level: PeriodLevel, wanted: Wanted = always) -> float | None:
        """Return the start of the first period of a level that has one of the `wanted` statistics; None if none has."""
        return min(self._starts("min", level, wanted), default=None)

    def counted(
        self, level: PeriodLevel, since: float, until: float, names: Collection[str], with_keys: Wanted = always
    ) -> Iterator[tuple[float, StatisticSums]]:
        """See `Counts.counted`."""
        for name in sorted(self.kept.intersection(names)):
            read = keyed if with_keys(name) else totals
            yield from read(self.database, name, (level, self.number(name), since, until))

    def _starts(self, which: str, level: PeriodLevel, wanted: Wanted = always) -> list[float]:
        """Return the first (min) or last (max) start of each of the `wanted` statistics that has any."""
        # For each statistic this is a single step in the index.
        query = f"SELECT {which}(start) FROM sums WHERE level = ? AND statistic = ?"
        numbers = [number for name, (number, _) in self._statistics.items() if wanted(name)]
        found = [self.database.rows(query, (level, number))[0][0] for number in numbers]
        with self.database.translated_errors():
            return [checked_number(start) for start in found if start is not None]

    def close(self) -> None:
        """See `Archive.close`."""
        self.database.close()

    def _known(self) -> dict[str, tuple[int, str]]:
        rows = self.database.rows("SELECT name, number, unit FROM statistic", ())
        if not all(isinstance(text, str) for name, _, unit in rows for text in (name, unit)):
            raise ValueError(MALFORMED)
        return {name: (number, unit) for name, number, unit in rows}

    def _write(self, minutes: Sequence[Minute], also: Callable[[RunStatement], None] | None) -> None:
        hour = period_start(PeriodLevel.HOUR, self._now, self.zone)
        with self.database.transaction() as run:
            for minute in minutes:
                self._add(minute)
            if hour > self._hour:
                self._trim()
                self._age(run)
            if also is not None:
                also(run)
        if hour > self._hour:
            self._hour, self._earliest_written = hour, inf

    def _add(self, minute: Minute) -> None:
        starts = [(level, int(period_start(level, minute.start, self.zone))) for level in PeriodLevel]
        for name, sums in minute.sums.items():
            number, unit = self._statistics[name]
            kept = highest_keys(sums, unit, self._most_keys(name), KEY_LENGTH)
            self.database.add([(*start, number, kept) for start in starts])

    def _age(self, run: RunStatement) -> None:
        """Delete what is older than the spans to keep."""
        for level, seconds in zip(PeriodLevel, self._keep.spans, strict=True):
            run(
                "DELETE FROM sums WHERE level = ? AND statistic = ? AND start < ?",
                [(level, number, self._now - seconds) for number, _ in self._statistics.values()],
            )
        run("DELETE FROM alert WHERE end < ?", [(self._now - self._keep.spans[PeriodLevel.DAY],)])

    def _trim(self) -> None:
        """Reduce periods with too many keys to the highest ones."""
        query = (
            "SELECT start, count(*) FROM sums WHERE level = ? AND statistic = ? AND start >= ?"
            " GROUP BY start HAVING count(*) > ?"
        )
        for level, before in zip(PeriodLevel, TRIMMED, strict=True):
            current = int(period_start(level, self._now, self.zone))
            least = period_start(level, min(self._earliest_written, current - before), self.zone)
            for name, (number, unit) in self._statistics.items():
                most = self._most_keys(name)
                for start, _ in list(self.database.rows(query, (level, number, least, most + 1))):
                    keys = most * (OPEN_PERIOD_FACTOR if start == current else 1)
                    self._trim_period(level, number, unit, start, keys)

    def _most_keys(self, statistic: str) -> int:
        return self._keep.keys if is_shown(statistic) else min(self._keep.keys, SIGNAL_KEYS)

    def _trim_period(self, level: PeriodLevel, number: int, unit: str, start: int, keys: int) -> None:
        where = "level = ? AND statistic = ? AND start = ?"
        query = f"SELECT key, {_EACH} FROM sums WHERE {where}"
        sums = {key: validated(key, rest) for key, *rest in self.database.rows(query, (level, number, start))}
        if len(sums) > keys + 1:
            self.database.rows(f"DELETE FROM sums WHERE {where}", (level, number, start))
            self.database.add([(level, start, number, highest_keys(sums, unit, keys, KEY_LENGTH))])

    def _delete_oldest(self, now: float) -> bool:
        """Delete the oldest tenth of the finished minutes; if there are none, of the hours, then of the days."""
        for level in PeriodLevel:
            current = period_start(level, now, self.zone)
            query = "SELECT DISTINCT start FROM sums WHERE level = ? AND start < ? ORDER BY start"
            starts = [row[0] for row in self.database.rows(query, (level, current))]
            if starts:
                limit = starts[len(starts) // 10]
                with self.database.transaction() as run:
                    run(
                        "DELETE FROM sums WHERE level = ? AND statistic = ? AND start <= ?",
                        [(level, number, limit) for number, _ in self._statistics.values()],
                    )
                self.database.release_free_pages()
                return True
        return False

    def number(self, statistic: str) -> int:
        """Return the number of a statistic in the file; another process may just have added it.

        Raises:
            KeyError: the statistic was never stored.
        """
        if statistic not in self._statistics:
            self._statistics = self._known()
        return self._statistics[statistic][0]

    def _span(self, statistic: str, since: float, until: float) -> "_Span":
        """Return the periods in a span. Its ends move outwards to the nearest periods that are still stored."""
        number = self.number(statistic)
        first = period_start(self._level(since), since, self.zone)
        level = self._level(until)
        last = period_start(level, until, self.zone)
        if last < until:
            last = next_start(level, last, self.zone)
        found = tiles(first, last, self.zone) or [Tile(PeriodLevel.MINUTE, since, until)]
        values = [value for tile in found for value in (tile.level, number, tile.start, tile.end)]
        return _Span(found[0].start, found[-1].end, f"({' UNION ALL '.join([_TILE] * len(found))})", tuple(values))

    def _level(self, time: float) -> PeriodLevel:
        """Return the shortest level that is as complete as the longer ones at a time."""
        for level in (PeriodLevel.MINUTE, PeriodLevel.HOUR):
            first, longer = self.first(level), period_start(PeriodLevel(level + 1), time, self.zone)
            if first is not None and (first <= longer or self._is_whole(level, first)):
                return level
        return PeriodLevel.DAY

    def _is_whole(self, level: PeriodLevel, first: float) -> bool:
        """Return whether no longer period starts before `first`, the start of the periods of `level`."""
        longer = ((other, self.first(other)) for other in PeriodLevel if other > level)
        return all(start is None or start >= period_start(other, first, self.zone) for other, start in longer)

    def _keyed(self, query: str, values: Sequence[float | str]) -> list[tuple[Any, Sums]]:
        """Run a query for a key, or a start, and its sums."""
        with self.database.translated_errors():
            return [(key, validated(key, (*sums, b""))) for key, *sums in self.database.rows(query, values)]

    def _bins(self, span: "_Span", keys: Sequence[str]) -> dict[str, Distribution]:
        query = f"SELECT key, merged_all(bins) FROM {span.sums} WHERE key IN ({_marks(keys)}) GROUP BY key"
        with self.database.translated_errors():
            found = self.database.rows(query, (*span.values, *keys))
            return {key: Distribution(tuple(unpacked(bins).items())) for key, bins in found}

    def _whole(self, span: "_Span") -> Sums:
        found = self._keyed(f"SELECT 0, {_SUMS} FROM {span.sums} GROUP BY NULL", span.values)
        return found[0][1] if found else NOTHING


class _Span(NamedTuple):
    """A span of whole periods, and a query for the sums of all keys in it."""

    since: float
    until: float
    sums: str
    values: tuple[float, ...]


def _marks(keys: Sequence[str]) -> str:
    return ", ".join("?" * len(keys))
