"""The files of a collector's sensors, open for reading."""

import os
from collections.abc import Callable, Collection
from datetime import tzinfo
from typing import TypeVar

from history.archive import SqliteArchive
from history.collected.folder import file_of, sensors_in
from history.collected.tables import check, has_tables
from history.database import HistoryError
from history.keep import Retention
from history.record import StoreError

T = TypeVar("T")


class Files:
    """The archives by sensor. Sensors that are new are found at each look."""

    def __init__(self, folder: str, zone: tzinfo | None = None) -> None:
        """Open the files in a folder.

        Raises:
            StoreError: the folder cannot be read, or has no files of sensors.
        """
        self.zone = zone
        self._folder = folder
        self._open: dict[str, SqliteArchive] = {}
        self._others: set[str] = set()
        # What is wrong with files, and which they were then.
        self._broken: dict[str, tuple[str, tuple[int, int]]] = {}
        if not self.names() and not self._broken:
            raise StoreError(f"no sensors in {folder}; is it the --store of a collector?")

    @property
    def warnings(self) -> tuple[str, ...]:
        """The files that cannot be read, one line each."""
        return tuple(self._broken[name][0] for name in sorted(self._broken))

    def names(self) -> list[str]:
        """Return the sensors that can be read, after a look for new ones.

        Raises:
            StoreError: the folder cannot be read.
        """
        try:
            found = sensors_in(self._folder)
        except HistoryError as reason:
            raise StoreError(str(reason)) from reason
        for name in found:
            if name not in self._open and name not in self._others and not self._is_still_broken(name):
                self._try_to_open(name)
        return sorted(self._open)

    def each(self, chosen: Collection[str] | None, ask: Callable[[str, SqliteArchive], T]) -> dict[str, T]:
        """Ask about each chosen sensor; None chooses all. A file that fails is left out until it changes."""
        answers = {}
        for name in self.names():
            if chosen is not None and name not in chosen:
                continue
            try:
                answers[name] = ask(name, self._open[name])
            except HistoryError as reason:
                self._note(name, reason)
                self._open.pop(name).close()
        return answers

    def opened_again(self, name: str) -> SqliteArchive:
        """Open the file of a sensor a second time, for a look that lasts.

        Raises:
            HistoryError: it cannot be read.
        """
        return SqliteArchive(file_of(self._folder, name), Retention(), zone=self.zone)

    def close(self) -> None:
        """Close all files. This may be called twice."""
        while self._open:
            self._open.popitem()[1].close()

    def _try_to_open(self, name: str) -> None:
        """Open a file, unless it is the history of a single host."""
        try:
            archive = self.opened_again(name)
            if not has_tables(archive.database):
                archive.close()
                self._others.add(name)
                return
            check(archive.database)
        except HistoryError as reason:
            self._note(name, reason)
            return
        self._open[name] = archive
        self._broken.pop(name, None)

    def _note(self, name: str, reason: HistoryError) -> None:
        self._broken[name] = f"{name} is left out: {reason}", self._identity(name)

    def _is_still_broken(self, name: str) -> bool:
        return name in self._broken and self._broken[name][1] == self._identity(name)

    def _identity(self, name: str) -> tuple[int, int]:
        """Return what changes if a file is replaced or written; zeros if it is gone."""
        try:
            found = os.stat(file_of(self._folder, name))
        except OSError:
            return 0, 0
        return found.st_ino, found.st_mtime_ns
