"""The history of a live run: where it is, and how closed buckets and alerts get into it. This is the edge."""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from capture.privileges import NOBODY, User, chosen_user
from history.archive import HistoryError, SqliteArchive
from history.keep import Keep
from history.minutes import Minutes
from history.place import file_name, folder
from history.sums import Minute, StoredAlert
from history.writer import Writer
from store.sums import Closed

PATIENCE: Final = 5.0
"""Seconds at the end for what waits to be written."""
AHEAD: Final = 86400.0
"""Seconds that packet time may be ahead of the clock: what claims more is damage, and would age all there is."""


def default_path(interface: str, ports: str, user: str = "", environment: Mapping[str, str] = os.environ) -> Path:
    """The file for a source, for who the program becomes (or is) as `user` says, see `chosen_user`."""
    return folder_of(chosen_user(user, environment), environment) / file_name(interface, ports)


def folder_of(user: User | None, environment: Mapping[str, str]) -> Path:
    """The folder for state of who the program becomes; None is who it is."""
    if user is not None and user.name != NOBODY:
        import pwd

        return folder({}, pwd.getpwuid(user.number).pw_dir, is_service=False)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return folder(environment, environment.get("HOME"), is_service=is_root)


def make_ready(path: Path, user: User | None) -> None:
    """As root, make the folder of a service for the user who will write there. Others make their own later."""
    if user is None or user.name != NOBODY:
        return
    with suppress(OSError):  # then it cannot be written, which is said when that is tried
        path.parent.mkdir(mode=0o700)
        os.chown(path.parent, user.number, user.group)


class History:
    """Takes closed buckets and alerts, and writes them in a thread of its own. Trouble becomes a notice."""

    def __init__(self, path: Path, keep: Keep, units: Mapping[str, str]) -> None:
        """Open the file, for statistics by name and unit; to be called as the user who will own it."""
        self._minutes = Minutes()
        self._trouble: tuple[str, ...] = ()
        self._writer: Writer | None = None
        self.archive: SqliteArchive | None = None
        """To be asked about the past; None when it cannot be used."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.archive = SqliteArchive(str(path), keep, units)
        except OSError as reason:
            self._trouble = (f"no history is kept: {path.parent} cannot be made: {reason.strerror}",)
        except HistoryError as reason:
            self._trouble = (f"no history is kept: {reason}",)
        else:
            self._writer = Writer(self.archive)
            self._writer.start()

    @property
    def notices(self) -> tuple[str, ...]:
        """What is wrong, while something is."""
        return self._trouble if self._writer is None else self._writer.notices

    def add(self, start: float, closed: Sequence[Closed]) -> None:
        """A bucket that began at `start` was closed, or something came late for it."""
        if self._writer is not None and start < time.time() + AHEAD:
            self._minutes.add(start, closed)

    def advance(self, now: float) -> None:
        """Write the minutes that ended until `now`."""
        self._write(self._minutes.over(now))

    def keep_alert(self, alert: StoredAlert) -> None:
        """Write an alert, new or ended."""
        if self._writer is not None:
            self._writer.put(alert)

    def close(self) -> None:
        """Write what is left, and end."""
        self._write(self._minutes.rest())
        if self._writer is not None:
            self._writer.close(PATIENCE)

    def _write(self, minutes: Sequence[Minute]) -> None:
        if self._writer is not None:
            for minute in minutes:
                self._writer.put(minute)
