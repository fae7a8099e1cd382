"""What the signals of many sensors counted, from ClickHouse: added up over the sensors, period by period."""

from collections.abc import Collection, Iterator
from datetime import timezone, tzinfo
from typing import Final

from history.clickhouse.arrivals import grouped
from history.clickhouse.buckets import closed_buckets
from history.clickhouse.door import Door
from history.clickhouse.queries import Queries
from history.clickhouse.schema import SUMS, Place
from history.counts import Wanted, always
from history.periods import PeriodLevel
from history.record import Level
from store.sums import OTHER, StatisticSums
from store.watched import WATCHED

LEVELS: Final = {PeriodLevel.MINUTE: Level.MINUTE, PeriodLevel.HOUR: Level.HOUR, PeriodLevel.DAY: Level.DAY}
_COUNTED: Final = (PeriodLevel.MINUTE, PeriodLevel.HOUR)
"""The levels that are judged and learned from."""


class ClickhouseCounts:
    """See `Counts`. Its hours are those of UTC."""

    zone: tzinfo | None = timezone.utc

    def __init__(self, door: Door, place: Place, queries: Queries) -> None:
        """`queries` choose the sensors."""
        self._door = door
        self._place = place
        self._queries = queries
        parts = " UNION ALL ".join(
            f"SELECT statistic FROM {self._table(level)} WHERE {queries.chosen('1')}" for level in _COUNTED
        )
        sql = f"SELECT DISTINCT statistic FROM ({parts})"
        [names] = door.query(sql, queries.parameters()) or [[]]
        self.kept = frozenset(map(str, names))
        """See `Counts.kept`."""

    def first(self, level: PeriodLevel, wanted: Wanted = always) -> float | None:
        """See `Counts.first`."""
        names = sorted(name for name in self.kept if wanted(name))
        chosen = self._queries.chosen("statistic IN {names:Array(String)}")
        sql = f"SELECT count(), toUInt32(min(start)) FROM {self._table(level)} PREWHERE {chosen}"
        [[rows], [start]] = self._door.query(sql, self._queries.parameters(names=names)) or [[0], [0]]
        return float(start) if rows else None

    def counted(
        self, level: PeriodLevel, since: float, until: float, names: Collection[str], with_keys: Wanted = always
    ) -> Iterator[tuple[float, StatisticSums]]:
        """See `Counts.counted`."""
        span = f"start >= toDateTime({int(since)}) AND start < toDateTime({int(until)})"
        where = self._queries.chosen(f"statistic IN {{names:Array(String)}} AND {span}")
        key = "if(statistic IN {keyless:Array(String)}, {other:String}, key)"
        keyless = sorted(name for name in names if not with_keys(name))
        given = self._queries.parameters(names=sorted(names), keyless=keyless, other=OTHER, watched=WATCHED)
        sql = grouped(key, f"{self._table(level)} FINAL PREWHERE {where}", self._door.dialect.final)
        for bucket in closed_buckets(self._door.query(sql, given)):
            for part in bucket.statistics:
                yield bucket.start, part

    def _table(self, level: PeriodLevel) -> str:
        return self._place.table(SUMS[LEVELS[level]])
