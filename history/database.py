"""One SQLite file: how it is opened and written in transactions, and how its errors are explained to the user."""

import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from history.bins import converted, merged, packed, unpacked
from history.keep import RESERVE
from history.periods import PeriodLevel
from history.sums import MALFORMED
from store.sums import Sums

APPLICATION: Final = 0x48545450
"""Application id in the file's header: `HTTP`."""
VERSION: Final = 3
FIRST_VERSION: Final = 1
"""Version 1 stored the amounts of a statistic separately from the response bytes, had a count of times, and
other bins. Version 2 counted no errors.
"""
PAGE: Final = 4096
WAIT: Final = 2.0
"""Seconds to wait for another process that is writing."""
OWNER_ONLY: Final = 0o600
NOT_A_HISTORY: Final = "not a history file, or another version"

_TABLES: Final = (
    "CREATE TABLE statistic (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL)",
    "CREATE TABLE sums (level INTEGER, statistic INTEGER, start INTEGER, key TEXT, count INTEGER,"
    " bytes INTEGER, seconds REAL, bins BLOB, client_errors INTEGER, server_errors INTEGER,"
    " PRIMARY KEY (level, statistic, start, key)) WITHOUT ROWID",
    "CREATE TABLE alert (signal TEXT, start REAL, end REAL, text TEXT, PRIMARY KEY (signal, start)) WITHOUT ROWID",
)
_ADD: Final = (
    "INSERT INTO sums VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (level, statistic, start, key) DO UPDATE SET"
    " count = count + excluded.count, bytes = bytes + excluded.bytes, seconds = seconds + excluded.seconds,"
    " bins = merged(bins, excluded.bins), client_errors = client_errors + excluded.client_errors,"
    " server_errors = server_errors + excluded.server_errors"
)
_CONVERT_FIRST: Final = (
    "UPDATE sums SET bins = converted(bins), volume ="
    " iif(statistic IN (SELECT number FROM statistic WHERE unit = 'bytes'), CAST(total AS INTEGER), volume)",
    "ALTER TABLE sums RENAME COLUMN volume TO bytes",
    "ALTER TABLE sums DROP COLUMN total",
    "ALTER TABLE sums DROP COLUMN timed",
)
"""Converts version 1 to 2; it stored the seconds of a statistic of seconds twice."""
_CONVERT: Final = tuple(
    f"ALTER TABLE sums ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0" for name in ("client_errors", "server_errors")
)
"""Converts version 2 to 3."""

_NOT_OURS: Final = ("Could not decode", "user-defined")
"""Error texts that mean a key or bins were written by something else."""

RunStatement = Callable[[str, Sequence[Sequence[Any]]], object]


class HistoryError(Exception):
    """The history cannot be opened, read or written. The text is one line for the user."""


class _MergedAll:
    """SQL aggregate that merges packed bins."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def step(self, bins: bytes) -> None:
        for number, count in unpacked(bins).items():
            self._counts[number] += count

    def finalize(self) -> bytes:
        return packed(self._counts)


class Database:
    """The file at `path`, of at most `size` bytes. Only one thread may use it at a time."""

    def __init__(self, path: str, size: int, writes: bool) -> None:
        """Open the file; if `writes`, create it if it is missing, readable by its owner only.

        Raises:
            HistoryError: the file cannot be opened, is damaged, or is not a history.
        """
        self.path = path
        self.is_full = False
        """Whether the last transaction failed because the file was full."""
        self._lock = threading.RLock()
        with self.translated_errors():
            if writes:
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY))
            elif not os.path.exists(path):
                raise HistoryError(f"no history at {path}; use --history FILE")
            self._connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        try:
            with self.translated_errors():
                self._prepare(size, writes)
        except HistoryError:
            self.close()
            raise

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Turn errors of the system and of SQLite into one line for the user."""
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, OverflowError) as reason:
            said = f"{_said(reason)}{_advice(reason)}"
            raise HistoryError(f"cannot use the history in {self.path}: {said}") from reason

    @contextmanager
    def transaction(self) -> Iterator[RunStatement]:
        """Run statements in a transaction that is committed as a whole or not at all.

        Raises:
            HistoryError: nothing was written.
        """
        with self._lock, self.translated_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection.executemany
                self._connection.execute("COMMIT")
                self.is_full = False
            except BaseException as error:
                self.is_full = isinstance(error, sqlite3.OperationalError) and "full" in str(error)
                # A full disk may already have rolled it back.
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, query: str, values: Sequence[Any]) -> list[Any]:
        """Return the rows of a query.

        Raises:
            HistoryError: the file cannot be read.
        """
        with self._lock, self.translated_errors():
            return self._connection.execute(query, values).fetchall()

    def add(self, periods: Sequence[tuple[PeriodLevel, int, int, Mapping[str, Sums]]]) -> None:
        """Within a transaction, add sums by key to each (level, start, number of the statistic)."""
        for level, start, number, sums in periods:
            rows = [
                (
                    *(key, each.count, each.bytes, each.seconds, packed(dict(each.times.bins))),
                    *(each.client_errors, each.server_errors),
                )
                for key, each in sums.items()
            ]
            self._connection.executemany(_ADD, [(level, number, start, *row) for row in rows])

    @property
    def used(self) -> int:
        """Bytes in use in the file."""
        return PAGE * (self._number("page_count") - self._number("freelist_count"))

    def release_free_pages(self) -> None:
        """Return free pages at the end of the file to the disk."""
        with self._lock, self.translated_errors():
            self._connection.execute("PRAGMA incremental_vacuum").fetchall()

    def close(self) -> None:
        """Close the file. It may be called twice."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def _prepare(self, size: int, writes: bool) -> None:
        run = self._connection.execute
        self._connection.create_function("merged", 2, merged, deterministic=True)
        self._connection.create_aggregate("merged_all", 1, _MergedAll)  # type: ignore[arg-type]
        empty = not self._number("schema_version")
        version = self._number("user_version")
        known = FIRST_VERSION <= version <= VERSION
        if not empty and (self._number("application_id") != APPLICATION or not known):
            raise ValueError(NOT_A_HISTORY)
        if not empty and version < VERSION:
            self._convert(version)
        if not writes:
            run("PRAGMA query_only = 1")
            return
        if empty:
            run(f"PRAGMA page_size = {PAGE}")
            run("PRAGMA auto_vacuum = INCREMENTAL")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run("PRAGMA temp_store = MEMORY")  # there may be no other folder to write to
        run(f"PRAGMA wal_autocheckpoint = {RESERVE // PAGE // 4}")
        run(f"PRAGMA journal_size_limit = {RESERVE // 2}")
        run(f"PRAGMA max_page_count = {(size - RESERVE) // PAGE}")
        if empty:
            with self.transaction():
                for table in _TABLES:
                    run(table)
                run(f"PRAGMA application_id = {APPLICATION}")
                run(f"PRAGMA user_version = {VERSION}")

    def _convert(self, version: int) -> None:
        self._connection.create_function("converted", 1, converted, deterministic=True)
        with self.transaction():
            first = _CONVERT_FIRST if version == FIRST_VERSION else ()
            for step in (*first, *_CONVERT, f"PRAGMA user_version = {VERSION}"):
                self._connection.execute(step)

    def _number(self, pragma: str) -> int:
        with self._lock, self.translated_errors():
            return int(self._connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _said(reason: Exception) -> str:
    """Return the error's text, without anything that a damaged file contains."""
    text = getattr(reason, "strerror", None) or str(reason)
    return MALFORMED if any(word in text for word in _NOT_OURS) else text


def _advice(reason: Exception) -> str:
    text = _said(reason)
    if "malformed" in text or "not a database" in text or NOT_A_HISTORY in text:
        return "; move the file away, or use --history FILE"
    if "locked" in text:
        return "; another process is writing to it"
    if "readonly" in text or isinstance(reason, PermissionError):
        return "; make the file and its folder writable, or use --history FILE"
    return ""
