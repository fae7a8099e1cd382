"""Fills the tables of a fleet with weeks of many sensors, inside the server: what they would have sent, row for row.

Hours are sent in three parts, days in four. A level is filled where readers read it: days for weeks, hours for days,
minutes at the edges of hours.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from bench.simulated import FACTS, KINDS, Population
from history.clickhouse.door import Column, Door
from history.clickhouse.schema import RECORD_COLUMNS, RECORDS, SUM_COLUMNS, SUMS, Place
from history.record import WIDTHS, Level

TEMPLATE: Final = "template"
"""Table with the sums of a minute of each kind of sensor."""
COLUMNS: Final = (Column("kind", "UInt8"), SUM_COLUMNS[0], SUM_COLUMNS[3], *SUM_COLUMNS[7:])
PARTS: Final = {Level.MINUTE: 1, Level.HOUR: 3, Level.DAY: 4}
"""Records that a sensor sends per period."""
REACH: Final = {Level.MINUTE: 4 * 3600, Level.HOUR: 2 * 86400, Level.DAY: 32 * 86400}
"""Seconds back from now that are filled."""
BUCKETS_OF_MINUTE: Final = 6
ROWS_OF_RECORD: Final = 300
"""About; nothing that is measured reads it."""
AMOUNTS: Final = ("count", "bytes", "seconds", "client_errors", "server_errors")
_SENSOR: Final = "concat('sensor-', substring(toString(100000 + number), 2))"
"""The name that `sensor_name` returns."""


class Span(NamedTuple):
    """Periods of a level to fill, from `start` to before `end`."""

    level: Level
    start: int
    end: int


def spans(now: int) -> list[Span]:
    """Return what readers of the last day and month may read."""
    yesterday = now - 86400
    edge = Span(Level.MINUTE, yesterday // 3600 * 3600, yesterday // 3600 * 3600 + 3600)
    return [edge, *(Span(level, _start(level, now - reach), _end(level, now)) for level, reach in REACH.items())]


def fill(door: Door, place: Place, sensors: int, now: int, say: Callable[[str], None]) -> None:
    """Fill the tables of `place`, which must be empty, with `sensors` sensors up to `now`."""
    _make_template(door, place, Population(1))
    for span in spans(now):
        say(f"filling {SUMS[span.level]} of {sensors} sensors, {_periods(span)} periods")
        for sql in _statements(place, span, sensors):
            door.command(sql)


def _start(level: Level, time: int) -> int:
    return time // WIDTHS[level] * WIDTHS[level]


def _end(level: Level, now: int) -> int:
    """Minutes are sent when they are over; hours and days in parts."""
    return _start(level, now) if level is Level.MINUTE else _start(level, now) + WIDTHS[level]


def _periods(span: Span) -> int:
    return (span.end - span.start) // WIDTHS[span.level]


def _make_template(door: Door, place: Place, population: Population) -> None:
    table = place.table(TEMPLATE)
    definitions = ", ".join(f"{column.name} {column.type}" for column in COLUMNS)
    door.command(f"DROP TABLE IF EXISTS {table}")
    door.command(f"CREATE TABLE {table} ({definitions}) ENGINE = Log")
    rows = [row for kind in range(KINDS) for row in _template(population, kind)]
    door.insert(table, COLUMNS, list(zip(*rows, strict=True)))


def _template(population: Population, kind: int) -> Iterator[tuple[object, ...]]:
    """Yield the sums of the first minute of the first sensor of a kind."""
    for name, keyed in population.truth({kind: BUCKETS_OF_MINUTE}).items():
        for key, sums in keyed.items():
            bins, hits = ([pair[side] for pair in sums.times.bins] for side in (0, 1))
            amounts = sums.count, sums.bytes, sums.seconds, sums.client_errors, sums.server_errors
            yield kind, name, key, *amounts, bins, hits


def _statements(place: Place, span: Span, sensors: int) -> Iterator[str]:
    """Yield a statement for each part of each period, and one for its records."""
    for start in range(span.start, span.end, WIDTHS[span.level]):
        for part in range(PARTS[span.level]):
            yield _sums(place, span, sensors, start, part)
            yield _records(place, span, sensors, start, part)


def _sums(place: Place, span: Span, sensors: int, start: int, part: int) -> str:
    width, parts = WIDTHS[span.level], PARTS[span.level]
    factor = width // WIDTHS[Level.MINUTE] // parts
    amounts = ", ".join(f"{name} * {factor}" for name in AMOUNTS)
    identity = f"statistic, toDateTime({start}), {width}, key, {_SENSOR}, number + 1, {start // width * parts + part}"
    numbered = f"SELECT *, arrayJoin(range(toUInt64({sensors}))) AS number FROM {place.table(TEMPLATE)}"
    return (
        f"INSERT INTO {place.table(SUMS[span.level])} ({', '.join(column.name for column in SUM_COLUMNS)})"
        f" SELECT {identity}, {amounts}, bins, arrayMap(each -> each * {factor}, hits)"
        f" FROM ({numbered}) WHERE kind = number % {KINDS}"
    )


def _below(level: Level) -> int:
    """Return how many records of the level below a record includes."""
    if level is Level.MINUTE:
        return BUCKETS_OF_MINUTE
    below = Level(level - 1)
    return WIDTHS[level] // PARTS[level] * PARTS[below] // WIDTHS[below]


def _records(place: Place, span: Span, sensors: int, start: int, part: int) -> str:
    level, width = span.level, WIDTHS[span.level]
    sequence, step = start // width * PARTS[level] + part, width // PARTS[level]
    through = (sequence + 1) * _below(level) - 1
    until = start + (part + 1) * step
    identity = f"{int(level)}, {_SENSOR}, number + 1, {sequence}, {through}"
    written = f"toDateTime({start}), toDateTime({until}), {until}, {ROWS_OF_RECORD}"
    facts = f"{FACTS.bucket_size}, '{FACTS.vantage}', '{FACTS.source}', '{FACTS.version}'"
    return (
        f"INSERT INTO {place.table(RECORDS)} ({', '.join(column.name for column in RECORD_COLUMNS)}, received)"
        f" SELECT {identity}, {written}, {facts}, toDateTime({until}) FROM numbers({sensors})"
    )
