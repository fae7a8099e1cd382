"""The queries for sums, as text with parameters. Names and keys are parameters; only times are in the text. Pure.

Each table is grouped on the shards before its rows are added to those of the others.
"""

from collections.abc import Collection, Sequence
from typing import Final

from history.clickhouse.door import Parameters
from history.clickhouse.schema import RECORDS, SUMS, Place
from history.clickhouse.spans import Tile, width_of
from history.record import Level
from store.sums import ENOUGH

AMOUNTS: Final = ("count", "bytes", "seconds", "client_errors", "server_errors")
_SUMMED: Final = ", ".join(f"sum({name}) AS s{place}" for place, name in enumerate(AMOUNTS))
_ADDED: Final = ", ".join(f"sum(s{place}) AS t{place}" for place in range(len(AMOUNTS)))
ORDER: Final = {
    "hits": "t0 DESC",
    "bytes": "t1 DESC",
    "seconds": f"t0 >= {ENOUGH} DESC, t2 / greatest(t0, 1) DESC",
}
"""What the highest keys are sorted by, by unit."""


class Queries:
    """Queries for the sums of some sensors, or of all."""

    def __init__(self, place: Place, final: str, sensors: Collection[str] | None) -> None:
        self._place = place
        self._final = final
        self._chosen = "" if sensors is None else " AND sensor IN {sensors:Array(String)}"
        self._parameters: dict[str, Sequence[str]] = {} if sensors is None else {"sensors": sorted(sensors)}

    def parameters(self, **given: str | Sequence[str]) -> Parameters:
        """Return these parameters, and those of the choice of sensors."""
        return {**self._parameters, **given}

    def chosen(self, sql: str) -> str:
        """Return a condition that also chooses the sensors."""
        return sql + self._chosen

    def summed(self, by: str, tiles: Sequence[Tile], only: str = "") -> str:
        """Return the query for the sums by a column, or another expression: it and the five amounts."""
        parts = (f"SELECT {by} AS grouped, {_SUMMED} FROM {self._rows(tile, only)} GROUP BY grouped" for tile in tiles)
        return f"SELECT grouped, {_ADDED} FROM ({' UNION ALL '.join(parts)}) GROUP BY grouped{self._final}"

    def highest(self, by: str, tiles: Sequence[Tile], order: str, limit: int, only: str = "1") -> str:
        """Return the query for the sum of everything, and after it the highest sums by a column that meet `only`."""
        parts = (f"SELECT {by} AS grouped, {_SUMMED} FROM {self._rows(tile)} GROUP BY grouped" for tile in tiles)
        # Each sum is there twice, for itself and for everything, so the rows are read once.
        return (
            f"SELECT if(everything = 1, '', grouped) AS own, {_ADDED} FROM ({' UNION ALL '.join(parts)})"
            f" ARRAY JOIN [0, 1] AS everything WHERE everything = 1 OR {only} GROUP BY everything, own"
            f" ORDER BY everything DESC, {order}, own LIMIT {limit + 1}{self._final}"
        )

    def periods(self, tiles: Sequence[Tile], width: int = 0) -> str:
        """Return the query for the sums by the start of the period, which is `width` long, or that of the table."""
        parts = [
            f"SELECT {_period(width or width_of(tile.level))} AS grouped, {_SUMMED} FROM {self._rows(tile)}"
            " GROUP BY grouped"
            for tile in tiles
        ]
        return (
            f"SELECT grouped, {_ADDED} FROM ({' UNION ALL '.join(parts)})"
            f" GROUP BY grouped ORDER BY grouped{self._final}"
        )

    def bins(self, by: str, tiles: Sequence[Tile], only: str = "") -> str:
        """Return the query for the bins by a column: it, their numbers and their hits, once for each table."""
        parts = (
            f"SELECT {by} AS grouped, sumMap(bins, hits) AS found FROM {self._rows(tile, only)} GROUP BY grouped"
            for tile in tiles
        )
        found = "tupleElement(found, 1), tupleElement(found, 2)"
        return f"SELECT grouped, {found} FROM ({' UNION ALL '.join(parts)}){self._final}"

    def watched(self, tiles: Sequence[Tile]) -> str:
        """Return the query for the seconds that the sensor watched that did so longest, added up over the periods."""
        parts = (
            f"SELECT {_period(width_of(tile.level))} AS period, sensor, sum(seconds) AS own"
            f" FROM {self._rows(tile)} GROUP BY period, sensor"
            for tile in tiles
        )
        return (
            "SELECT sum(longest) FROM (SELECT period, max(own) AS longest"
            f" FROM ({' UNION ALL '.join(parts)}) GROUP BY period){self._final}"
        )

    def loose(self, since: float, arrived: float) -> str:
        """Return the query for the first start since a time of minutes that no hour includes, or 0.

        Only hours that had arrived at a time count: their sums may get to this replica after their records.
        """
        hour, minute = int(Level.HOUR), int(Level.MINUTE)
        known = f"level = {hour} AND received < toDateTime({int(arrived)})"
        return (
            f"SELECT min(begin) FROM (SELECT sensor, spool, maxIf(through, {known}) AS included,"
            f" groupArrayIf(toUInt32(start), level = {minute}) AS starts,"
            f" groupArrayIf(sequence, level = {minute}) AS sequences FROM {self._place.table(RECORDS)}"
            f" WHERE level IN ({minute}, {hour}) AND start >= toDateTime({int(since)}){self._chosen}"
            " GROUP BY sensor, spool) ARRAY JOIN starts AS begin, sequences AS sequence WHERE sequence > included"
        )

    def _rows(self, tile: Tile, only: str = "") -> str:
        # All conditions are on the identity, which equal rows have in common, so they may be met before FINAL.
        return (
            f"{self._place.table(SUMS[tile.level])} FINAL PREWHERE statistic = {{statistic:String}}"
            f" AND start >= toDateTime({tile.start}) AND start < toDateTime({tile.end}){self._chosen}{only}"
        )


def _period(width: int) -> str:
    return f"intDiv(toUInt32(start), {width}) * {width}"
