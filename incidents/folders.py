"""The folder that holds the folders of incidents. Only the user of the program can read them."""

import os
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from incidents.incident import FILES
from incidents.retention import Stored, surplus
from outputs.errors import UnavailableError

OWNER_ONLY: Final = 0o700
_NAME: Final = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[a-z0-9_]+(?:-\d+)?", re.ASCII)
_MOMENT: Final = "%Y%m%dT%H%M%SZ"


class IncidentFolders:
    """Makes a folder for each incident, and deletes old ones. Folders with other names or other files stay."""

    def __init__(self, root: Path, most: int, max_bytes: int) -> None:
        self.root = root
        self._most = most
        self._max_bytes = max_bytes

    def check(self) -> None:
        """Check that the program may write there, with the rights that it has now.

        Raises:
            UnavailableError: it may not.
        """
        if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
            who = f"user {os.geteuid()}" if hasattr(os, "geteuid") else "this user"
            raise UnavailableError(
                f"cannot keep incidents in {self.root}: {who} may not write there; "
                "chown it, or use another folder with --incidents"
            )

    def make(self, signal: str, start: float) -> Path:
        """Make the folder of an incident, named by its time in UTC and the signal.

        Raises:
            OSError: it cannot be made.
        """
        name, number = f"{_moment(start)}-{signal}", 1
        while True:
            path = self.root / (name if number == 1 else f"{name}-{number}")
            try:
                path.mkdir(mode=OWNER_ONLY)
            except FileExistsError:
                number += 1
            else:
                return path

    def prune(self) -> None:
        """Delete the incidents that are too many.

        Raises:
            OSError: the folder went away, or cannot be changed.
        """
        for stored in surplus(self._stored(), self._most, self._max_bytes):
            folder = self.root / stored.name
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()

    def _stored(self) -> Iterator[Stored]:
        with os.scandir(self.root) as entries:
            folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        for folder in folders:
            known = _NAME.fullmatch(folder.name)
            if known is None:
                continue
            with os.scandir(folder.path) as entries:
                files = {entry.name: entry.stat(follow_symlinks=False).st_size for entry in entries}
            if files.keys() <= FILES:
                yield Stored(folder.name, _time(known.groups()), sum(files.values()))


def _moment(time: float) -> str:
    try:
        return datetime.fromtimestamp(time, timezone.utc).strftime(_MOMENT)
    except (OverflowError, ValueError, OSError):  # a capture file can claim any time
        return datetime.fromtimestamp(0, timezone.utc).strftime(_MOMENT)


def _time(parts: Sequence[str]) -> float:
    year, month, day, hour, minute, second = map(int, parts)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc).timestamp()
    except ValueError:
        return 0.0
