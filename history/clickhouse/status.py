"""Sensors and the size of the tables, as text."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from history.clickhouse.door import Door
from history.clickhouse.schema import ALERTS, RECORDS, SUMS, Place
from history.fleet import SensorState
from view import figures


class Size(NamedTuple):
    """The size of a table."""

    table: str
    rows: int
    """In the whole cluster."""
    parts: int
    bytes: int
    """On this server, compressed, as are the parts."""


def sizes(door: Door, place: Place) -> list[Size]:
    """Return the size of each table that grows.

    Raises:
        StoreError: the server cannot be asked, or the user may not.
    """
    columns = door.query(
        "SELECT table, count(), sum(bytes_on_disk) FROM system.parts"
        " WHERE active AND database = {database:String} GROUP BY table",
        {"database": place.database},
    )
    own = {table: (parts, size) for table, parts, size in zip(*columns, strict=True)}
    found = []
    for name in (*SUMS.values(), RECORDS, ALERTS):
        rows = door.query(f"SELECT count() FROM {place.table(name)}")[0][0]
        found.append(Size(name, rows, *own.get(place.local(name).partition(".")[2], (0, 0))))
    return found


def status_lines(states: Sequence[SensorState], sizes: Sequence[Size], now: float) -> Iterator[str]:
    """Iterate over the lines for the user."""
    yield from _sensor_lines(states, now)
    yield ""
    yield f"{'table':<10}{'rows':>16}{'parts here':>12}{'size here':>12}"
    for size in sizes:
        yield f"{size.table:<10}{size.rows:>16,}{size.parts:>12,}{figures.volume(size.bytes):>12}"


def _sensor_lines(states: Sequence[SensorState], now: float) -> Iterator[str]:
    if not states:
        yield "no sensors yet"
        return
    width = max(len(state.name) for state in states)
    yield f"{'sensor':<{width}}  {'last bucket':<16}{'clock':>9}  {'vantage':<10}  {'version':<10}  source"
    for name, facts, latest, _, skew in states:
        ago = f"{figures.duration(max(0.0, now - latest))} ago"
        yield f"{name:<{width}}  {ago:<16}{skew:>+8.1f}s  {facts.vantage:<10}  {facts.version:<10}  {facts.source}"
