"""The tables that a collector adds to the history file of a sensor. Other programs ignore them.

`applied` has the sequences of the bucket records that the sums include: ranges, of which an undisturbed sensor needs
one. Nothing in it ages, so a record counts once however late it is sent again.
`recent` has the latest bucket records as they arrived, for screens. Their numbers grow and are never used again.
`sensor` has one row: the last word of the sensor, the version of these tables, and how late the recent records reached
that are there no more.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from history.database import Database, RunStatement
from history.fleet import SensorState
from history.ranges import NONE, Ranges
from history.record import Facts

VERSION: Final = 1
TABLES: Final = (
    "CREATE TABLE applied (spool INTEGER, first INTEGER, last INTEGER, noted REAL, PRIMARY KEY (spool, first))"
    " WITHOUT ROWID",
    "CREATE TABLE recent (number INTEGER PRIMARY KEY AUTOINCREMENT, received REAL, skew REAL, latest REAL,"
    " record BLOB)",
    "CREATE TABLE sensor (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER, vantage TEXT, source TEXT,"
    " program TEXT, bucket_size INTEGER, latest REAL, received REAL, forgotten REAL)",
)
MAX_SPOOLS: Final = 1000
"""Maximum spools of a sensor whose sequences are known. It starts a new one only when it is set up again."""
MAX_RECENT: Final = 5000
"""Maximum recent records, however recent they are."""
SKEW_SPAN: Final = 600.0
"""Seconds before the latest record from which a sensor's skew is taken."""
_LOST: Final = "its tables are not those of this version of the collector"


def prepare(database: Database) -> None:
    """Create the tables if they are missing.

    Raises:
        HistoryError: they cannot be created, or are of another version.
    """
    if not has_tables(database):
        with database.transaction() as run:
            for table in TABLES:
                run(table, [()])
            run("INSERT INTO sensor VALUES (1, ?, '', '', '', 0, 0, 0, 0)", [(VERSION,)])
    check(database)
    database.rows("PRAGMA synchronous = FULL", ())  # what is acknowledged survives a power failure too


def has_tables(database: Database) -> bool:
    """Return whether a collector wrote the file."""
    return bool(database.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'sensor'", ()))


def check(database: Database) -> None:
    """Check the version of the tables.

    Raises:
        HistoryError: it is another one.
    """
    with database.translated_errors():
        if database.rows("SELECT version FROM sensor", ()) != [(VERSION,)]:
            raise ValueError(_LOST)


def applied(database: Database, spool: int) -> Ranges:
    """Return the sequences of a spool that were applied."""
    rows = database.rows("SELECT first, last FROM applied WHERE spool = ? ORDER BY first", (spool,))
    return np.array(rows, np.int64) if rows else NONE


def note_applied(run: RunStatement, spool: int, ranges: Ranges, now: float) -> None:
    """Store the sequences of a spool that were applied, and forget the spool that was silent longest if there are too
    many.
    """
    run("DELETE FROM applied WHERE spool = ?", [(spool,)])
    run("INSERT INTO applied VALUES (?, ?, ?, ?)", [(spool, first, last, now) for first, last in ranges.tolist()])
    run(
        "DELETE FROM applied WHERE spool IN"
        " (SELECT spool FROM applied GROUP BY spool ORDER BY max(noted) DESC, spool LIMIT -1 OFFSET ?)",
        [(MAX_SPOOLS,)],
    )


def note_state(run: RunStatement, facts: Facts, latest: float, received: float) -> None:
    """Store the last word of the sensor; records of before, which come late, do not change its facts."""
    run(
        "UPDATE sensor SET vantage = ?, source = ?, program = ?, bucket_size = ? WHERE latest <= ?",
        [(*facts, latest)],
    )
    run("UPDATE sensor SET latest = max(latest, ?), received = ?", [(latest, received)])


def note_recent(run: RunStatement, records: Sequence[tuple[float, float, float, bytes]], since: float) -> None:
    """Store recent records (received, skew, latest bucket, bytes), and delete those that arrived before `since`."""
    run("INSERT INTO recent (received, skew, latest, record) VALUES (?, ?, ?, ?)", records)
    old = "FROM recent WHERE received < ? OR number <= (SELECT max(number) FROM recent) - ?"
    limits = [(since, MAX_RECENT)]
    run(f"UPDATE sensor SET forgotten = max(forgotten, ifnull((SELECT max(latest) {old}), 0))", limits)
    run(f"DELETE {old}", limits)


def state(database: Database, name: str) -> SensorState:
    """Return the last word of the sensor.

    Raises:
        HistoryError: the file is malformed.
    """
    with database.translated_errors():
        [row] = database.rows("SELECT vantage, source, program, bucket_size, latest, received FROM sensor", ())
        vantage, source, program, size, latest, received = row
        if not all(isinstance(text, str) for text in (vantage, source, program)) or not isinstance(size, int):
            raise ValueError(_LOST)
        query = "SELECT max(skew) FROM recent WHERE received >= (SELECT max(received) FROM recent) - ?"
        skew: Any = database.rows(query, (SKEW_SPAN,))[0][0]
        facts = Facts(vantage, source, program, size)
        return SensorState(name, facts, float(latest), float(received), float(skew or 0.0))
