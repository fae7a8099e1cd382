"""Control groups by their inodes, which the kernel tells for each socket, even if its process was not found."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from capture.owners.cgroups import ContainerId, container_of

PLACES: Final = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))
"""Where version 2 of control groups is: alone, or beside version 1."""
MOST: Final = 20_000
"""Maximum groups that are looked at."""
AGAIN: Final = 2.0
"""Seconds until the groups are looked at again for one that is unknown."""


class ControlGroups:
    """The groups of version 2 of control groups."""

    def __init__(self, places: tuple[Path, ...] = PLACES, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = next((place for place in places if (place / "cgroup.controllers").exists()), None)
        self._clock = clock
        self._paths: dict[int, str] = {}
        self._due = float("-inf")

    def container(self, inode: int) -> ContainerId | None:
        """Return the container of a group; None if it is none, or is unknown."""
        if inode and inode not in self._paths and self._clock() >= self._due:
            self._due = self._clock() + AGAIN
            self._paths = dict(self._walk())
        path = self._paths.get(inode)
        return container_of((path,)) if path else None

    def _walk(self) -> Iterator[tuple[int, str]]:
        left, count = [str(self._root)] if self._root is not None else [], 0
        while left and count < MOST:
            folder = left.pop()
            count += 1
            with suppress(OSError):
                yield os.stat(folder).st_ino, folder[len(str(self._root)) :]
                with os.scandir(folder) as entries:
                    left += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
