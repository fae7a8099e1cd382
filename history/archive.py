"""The sums on disk, in one SQLite file. `Archive` is the small interface behind which another database may stand.

Each minute is written in one transaction, and is added in it to its hour and its day as well: so all three levels
always say the same, and nothing has to be caught up with after a crash. The file is in WAL mode: a process that is
killed loses what was not committed and nothing else, and readers do not wait (https://www.sqlite.org/wal.html).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any, NamedTuple, Protocol

from history.bins import unpacked
from history.database import Database, HistoryError
from history.keep import Keep
from history.periods import Level, Tile, begin, following, tiles
from history.sums import MALFORMED, MOST, Minute, StoredAlert, number_in, ranked, sound
from store.distribution import NO_TIMES, Distribution
from store.sums import ENOUGH, NOTHING, OTHER, Sums

__all__ = ["Archive", "HistoryError", "SqliteArchive", "Top"]

OPEN = 10
"""Times as many keys are kept of a period that is not over, as the order may still change."""
KEY_LENGTH = 256
"""Characters of a key."""
_SUMS = "sum(count) AS count, sum(bytes) AS bytes, sum(seconds) AS seconds"
_ORDER = {"hits": "count", "bytes": "bytes", "seconds": f"count >= {ENOUGH} DESC, seconds / max(count, 1)"}
"""By unit, what the highest keys are ordered by."""
_TILE = "SELECT * FROM sums WHERE level = ? AND statistic = ? AND start >= ? AND start < ?"


class Top(NamedTuple):
    """The highest keys of a span, and the sums of all keys."""

    since: float
    """Where the span begins, and where it ends: between periods that are still kept apart."""
    until: float
    rows: Sequence[tuple[str, Sums]]
    whole: Sums


class Archive(Protocol):
    """What keeps sums for longer than the program runs."""

    def write(self, minute: Minute) -> None:
        """Add what a minute counted to it, its hour and its day.

        Raises:
            HistoryError: it was not written, and may be tried again.
        """

    def write_alert(self, alert: StoredAlert) -> None:
        """Keep an alert; one of the same signal and start is replaced.

        Raises:
            HistoryError: it was not written.
        """

    def top(self, statistic: str, since: float, until: float, limit: int) -> Top:
        """The `limit` highest keys of a statistic by its unit's rank.

        Raises:
            HistoryError: the file cannot be read.
            KeyError: no such statistic was kept.
        """

    def sums(self, statistic: str, keys: Sequence[str], since: float, until: float) -> dict[str, Sums]:
        """Of those of these keys that are known in a span, without the distribution."""

    def periods(self, statistic: str, since: float, until: float) -> list[tuple[float, Sums]]:
        """As `totals`, of the longest periods that cover a span: days, and at its edges hours and minutes."""

    def totals(self, statistic: str, level: Level, since: float, until: float) -> list[tuple[float, Sums]]:
        """Of all keys, for each period that has any: its start and its sums, without the distribution."""

    def alerts(self, since: float) -> list[StoredAlert]:
        """Those that were active or began after `since`, latest first."""

    def earliest(self) -> float | None:
        """Where what is known begins; None of an empty archive."""

    def latest(self) -> float:
        """Where the last minute that is known ends; 0 of an empty archive."""

    def close(self) -> None:
        """Let go of it. May be called twice."""


class SqliteArchive:
    """An archive in the file `path`, for the statistics that `units` names (name: unit)."""

    def __init__(
        self, path: str, keep: Keep, units: Mapping[str, str] | None = None, zone: tzinfo | None = None
    ) -> None:
        """Open the file, and make it if it is to be written: that is, if there are `units`.

        Raises:
            HistoryError: it cannot be opened, is damaged, or is none of ours.
        """
        self._keep = keep
        self._zone = zone
        self._hour = -1.0
        self._database = Database(path, keep.size, writes=units is not None)
        with self._database.asked():
            self._statistics = self._known()
        if units:
            with self._database.transaction() as run:
                run("INSERT OR IGNORE INTO statistic (name, unit) VALUES (?, ?)", list(units.items()))
            with self._database.asked():
                self._statistics = self._known()
                if not units.keys() <= self._statistics.keys():
                    raise ValueError(MALFORMED)

    def write(self, minute: Minute) -> None:
        """As `Archive.write`; the oldest periods go when the file would be too large."""
        try:
            self._write(minute)
        except HistoryError:
            if not self._database.is_full or not self._forget_some(minute.start):
                raise
            self._write(minute)
        while self._database.used > self._keep.bytes_of_data and self._forget_some(minute.start):
            pass

    def write_alert(self, alert: StoredAlert) -> None:
        """As `Archive.write_alert`."""
        with self._database.transaction() as run:
            run("INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?)", [alert])

    def alerts(self, since: float) -> list[StoredAlert]:
        """Those that were active or began after `since`, latest first."""
        query = "SELECT * FROM alert WHERE end IS NULL OR end >= ? ORDER BY start DESC"
        return [StoredAlert(*row) for row in self._database.rows(query, (since,))]

    def statistics(self) -> dict[str, str]:
        """Name and unit of each statistic that was ever kept."""
        return {name: unit for name, (_, unit) in self._statistics.items()}

    def top(self, statistic: str, since: float, until: float, limit: int) -> Top:
        """As `Archive.top`."""
        number, unit = self._statistics[statistic]
        span = self._span(number, since, until)
        order = _ORDER[unit]
        query = f"SELECT key, {_SUMS} FROM {span.sums} WHERE key != ? GROUP BY key ORDER BY {order} DESC, key LIMIT ?"
        found = self._keyed(query, (*span.values, OTHER, limit))
        bins = self._bins(span, [key for key, _ in found])
        rows = [(key, replace(known, times=bins.get(key, NO_TIMES))) for key, known in found]
        return Top(span.since, span.until, rows, self._whole(span))

    def sums(self, statistic: str, keys: Sequence[str], since: float, until: float) -> dict[str, Sums]:
        """As `Archive.sums`."""
        span = self._span(self._statistics[statistic][0], since, until)
        query = f"SELECT key, {_SUMS} FROM {span.sums} WHERE key IN ({_marks(keys)}) GROUP BY key"
        return dict(self._keyed(query, (*span.values, *keys)))

    def periods(self, statistic: str, since: float, until: float) -> list[tuple[float, Sums]]:
        """As `Archive.periods`."""
        span = self._span(self._statistics[statistic][0], since, until)
        return self._keyed(f"SELECT start, {_SUMS} FROM {span.sums} GROUP BY start ORDER BY start", span.values)

    def totals(self, statistic: str, level: Level, since: float, until: float) -> list[tuple[float, Sums]]:
        """As `Archive.totals`."""
        number, _ = self._statistics[statistic]
        query = (
            f"SELECT start, {_SUMS} FROM sums"
            " WHERE level = ? AND statistic = ? AND start >= ? AND start < ? GROUP BY start ORDER BY start"
        )
        return self._keyed(query, (level, number, begin(level, since, self._zone), until))

    def minutes(self, since: float, until: float) -> Iterator[Minute]:
        """What was written of each minute, oldest first."""
        names = {number: name for name, (number, _) in self._statistics.items()}
        query = (
            "SELECT start, statistic, key, count, bytes, seconds, bins FROM sums"
            " WHERE level = 0 AND statistic = ? AND start >= ? AND start < ? ORDER BY start"
        )
        minutes: dict[float, dict[str, dict[str, Sums]]] = {}
        for number, name in names.items():
            for start, _, key, *sums in self._database.rows(query, (number, since, until)):
                known = minutes.setdefault(start, {}).setdefault(name, {})
                with self._database.asked():
                    known[key] = sound(key, sums, MOST)
        for start in sorted(minutes):
            yield Minute(start, minutes[start])

    def earliest(self) -> float | None:
        """Where what is known begins: with a minute, or with an hour or a day where its minutes are gone."""
        for level in Level:
            first = self._first(level)
            if first is not None and self._is_whole(level, first):
                return first
        return None

    def latest(self) -> float:
        """As `Archive.latest`."""
        return max((start + 60 for start in self._starts("max", Level.MINUTE)), default=0.0)

    def _first(self, level: Level) -> float | None:
        return min(self._starts("min", level), default=None)

    def _starts(self, which: str, level: Level) -> list[float]:
        """The first (min) or the last (max) start of each statistic that has any."""
        query = f"SELECT {which}(start) FROM sums WHERE level = ? AND statistic = ?"  # one step in the index
        found = [self._database.rows(query, (level, number))[0][0] for number, _ in self._statistics.values()]
        with self._database.asked():
            return [number_in(start) for start in found if start is not None]

    def close(self) -> None:
        """As `Archive.close`."""
        self._database.close()

    def _known(self) -> dict[str, tuple[int, str]]:
        rows = self._database.rows("SELECT name, number, unit FROM statistic", ())
        if not all(isinstance(text, str) for name, _, unit in rows for text in (name, unit)):
            raise ValueError(MALFORMED)
        return {name: (number, unit) for name, number, unit in rows}

    def _write(self, minute: Minute) -> None:
        starts = [(level, int(begin(level, minute.start, self._zone))) for level in Level]
        hour = starts[Level.HOUR][1]
        with self._database.transaction() as run:
            for name, sums in minute.sums.items():
                number, unit = self._statistics[name]
                kept = ranked(sums, unit, self._keep.keys, KEY_LENGTH)
                self._database.add([(*start, number, kept) for start in starts])
            if hour != self._hour:
                self._trim(starts)
                for level, seconds in zip(Level, self._keep.spans, strict=True):
                    run(
                        "DELETE FROM sums WHERE level = ? AND statistic = ? AND start < ?",
                        [(level, number, minute.start - seconds) for number, _ in self._statistics.values()],
                    )
                run("DELETE FROM alert WHERE end < ?", [(minute.start - self._keep.spans[Level.DAY],)])
        self._hour = hour

    def _trim(self, starts: Sequence[tuple[Level, int]]) -> None:
        """Of periods with too many keys, keep the highest apart."""
        query = (
            "SELECT start, count(*) FROM sums WHERE level = ? AND statistic = ? AND start >= ?"
            " GROUP BY start HAVING count(*) > ?"
        )
        for level, current in starts[Level.HOUR :]:
            for number, unit in self._statistics.values():
                least = current - 2 * 86400
                for start, _ in list(self._database.rows(query, (level, number, least, self._keep.keys + 1))):
                    keys = self._keep.keys * (OPEN if start == current else 1)
                    self._trim_period(level, number, unit, start, keys)

    def _trim_period(self, level: Level, number: int, unit: str, start: int, keys: int) -> None:
        where = "level = ? AND statistic = ? AND start = ?"
        query = f"SELECT key, count, bytes, seconds, bins FROM sums WHERE {where}"
        sums = {key: sound(key, rest) for key, *rest in self._database.rows(query, (level, number, start))}
        if len(sums) > keys + 1:
            self._database.rows(f"DELETE FROM sums WHERE {where}", (level, number, start))
            self._database.add([(level, start, number, ranked(sums, unit, keys, KEY_LENGTH))])

    def _forget_some(self, now: float) -> bool:
        """Delete the oldest tenth of the minutes that are over, else of the hours, else of the days."""
        for level in Level:
            current = begin(level, now, self._zone)
            query = "SELECT DISTINCT start FROM sums WHERE level = ? AND start < ? ORDER BY start"
            starts = [row[0] for row in self._database.rows(query, (level, current))]
            if starts:
                limit = starts[len(starts) // 10]
                with self._database.transaction() as run:
                    run(
                        "DELETE FROM sums WHERE level = ? AND statistic = ? AND start <= ?",
                        [(level, number, limit) for number, _ in self._statistics.values()],
                    )
                self._database.give_back()
                return True
        return False

    def _span(self, number: int, since: float, until: float) -> "_Span":
        """The periods between; each end moves outwards to where a period begins that is still kept there."""
        first = begin(self._level(since), since, self._zone)
        level = self._level(until)
        last = begin(level, until, self._zone)
        if last < until:
            last = following(level, last, self._zone)
        found = tiles(first, last, self._zone) or [Tile(Level.MINUTE, since, until)]
        values = [value for tile in found for value in (tile.level, number, tile.start, tile.end)]
        return _Span(found[0].start, found[-1].end, f"({' UNION ALL '.join([_TILE] * len(found))})", tuple(values))

    def _level(self, time: float) -> Level:
        """The shortest period that tells as much as the longer ones, of both sides of a time."""
        for level in (Level.MINUTE, Level.HOUR):
            first, longer = self._first(level), begin(Level(level + 1), time, self._zone)
            if first is not None and (first <= longer or self._is_whole(level, first)):
                return level
        return Level.DAY

    def _is_whole(self, level: Level, first: float) -> bool:
        """Whether no longer period tells of a time before `first`, where those of `level` begin."""
        longer = ((other, self._first(other)) for other in Level if other > level)
        return all(start is None or start >= begin(other, first, self._zone) for other, start in longer)

    def _keyed(self, query: str, values: Sequence[float | str]) -> list[tuple[Any, Sums]]:
        """Rows of a key, or of a start, and its sums."""
        with self._database.asked():
            return [(key, sound(key, (*sums, b""))) for key, *sums in self._database.rows(query, values)]

    def _bins(self, span: "_Span", keys: Sequence[str]) -> dict[str, Distribution]:
        query = f"SELECT key, merged_all(bins) FROM {span.sums} WHERE key IN ({_marks(keys)}) GROUP BY key"
        with self._database.asked():
            found = self._database.rows(query, (*span.values, *keys))
            return {key: Distribution.of(unpacked(bins).items()) for key, bins in found}

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
