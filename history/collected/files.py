"""The files of a collector's sensors, open for reading."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import tzinfo
from typing import TypeVar

from history.archive import SqliteArchive
from history.collected.folder import file_of, is_collectors, sensors_in
from history.collected.tables import check, has_tables
from history.database import HistoryError
from history.keep import Retention
from history.record import StoreError

T = TypeVar("T")


class Looks:
    """Archives by sensor. One that fails is left out from then on."""

    def __init__(self, note: Callable[[str, HistoryError], object]) -> None:
        """`note` is told of each sensor that fails, and why."""
        self._note = note
        self._open: dict[str, SqliteArchive] = {}

    def add(self, name: str, archive: SqliteArchive) -> None:
        """Add the archive of a sensor."""
        self._open[name] = archive

    def __contains__(self, name: str) -> bool:
        return name in self._open

    def names(self) -> list[str]:
        """Return the sensors."""
        return sorted(self._open)

    def each(self, chosen: Collection[str] | None, ask: Callable[[str, SqliteArchive], T]) -> dict[str, T]:
        """Ask about each chosen sensor; None chooses all."""
        answers = {}
        for name in self.names():
            if chosen is not None and name not in chosen:
                continue
            try:
                answers[name] = ask(name, self._open[name])
            except HistoryError as reason:
                self._note(name, reason)
                self.drop(name)
        return answers

    def drop(self, name: str) -> None:
        """Close the archive of a sensor, and leave it out."""
        self._open.pop(name).close()

    def close(self) -> None:
        """Close all. This may be called twice."""
        while self._open:
            self._open.popitem()[1].close()


class Files:
    """The archives by sensor. Sensors that are new are found at each look."""

    def __init__(self, folder: str, zone: tzinfo | None = None) -> None:
        """Open the files in a folder.

        Raises:
            StoreError: the folder cannot be read, or no collector has used it.
        """
        self.zone = zone
        self._folder = folder
        self._looks = Looks(self._note)
        self._others: set[str] = set()
        # The numbers (inodes) of files, which change if they are replaced.
        self._numbers: dict[str, int] = {}
        # What is wrong with files, and which they were then.
        self._broken: dict[str, tuple[str, tuple[int, int]]] = {}
        if not self.names() and not self._broken and not is_collectors(folder):
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
        self._drop_replaced()
        for name in found:
            if name not in self._looks and name not in self._others and not self._is_still_broken(name):
                self._try_to_open(name, self._looks)
                self._numbers[name], _ = self._identity(name)
        return self._looks.names()

    def each(self, chosen: Collection[str] | None, ask: Callable[[str, SqliteArchive], T]) -> dict[str, T]:
        """Ask about each chosen sensor; None chooses all. A file that fails is left out until it changes."""
        self.names()
        return self._looks.each(chosen, ask)

    @contextmanager
    def unchanging(self, names: Iterable[str]) -> Iterator[Looks]:
        """Open the files of sensors a second time, as they are now, for a look that lasts."""
        with closing(Looks(self._note)) as looks:
            for name in names:
                self._try_to_open(name, looks)
            looks.each(None, lambda _, archive: archive.database.rows("BEGIN", ()))
            yield looks

    def close(self) -> None:
        """Close all files. This may be called twice."""
        self._looks.close()

    def _try_to_open(self, name: str, looks: Looks) -> None:
        """Open a file, unless it is the history of a single host."""
        archive = None
        try:
            archive = SqliteArchive(file_of(self._folder, name), Retention(), zone=self.zone)
            if has_tables(archive.database):
                check(archive.database)
                looks.add(name, archive)
                self._broken.pop(name, None)
                return
            self._others.add(name)
        except HistoryError as reason:
            self._note(name, reason)
        if archive is not None:
            archive.close()

    def _drop_replaced(self) -> None:
        """Close files that were moved away; the collector may have made new ones."""
        for name in self._looks.names():
            number, _ = self._identity(name)
            if self._numbers.setdefault(name, number) != number:
                self._looks.drop(name)
                del self._numbers[name]

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
