"""How large the tables are."""

from typing import NamedTuple

from history.clickhouse.door import Door
from history.clickhouse.schema import ALERTS, RECORDS, SUMS, Place


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
