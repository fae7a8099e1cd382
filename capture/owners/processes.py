"""The processes of this host, and the sockets that they hold, as /proc shows them (proc(5))."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from capture.owners.allowance import Allowance
from capture.owners.cgroups import ContainerId, container_of, paths_of
from capture.owners.owner import printable

SHARE: Final = 0.03
"""Part of the time that looking for the holders of sockets may take."""
MOST_TIME: Final = 0.2
"""Seconds that it may take at once, after a pause."""
MOST_SOCKETS: Final = 200_000
"""Maximum sockets whose holders are remembered."""
FRESH: Final = 1.0
"""Seconds for which what is known of a process counts: its name changes when it runs another program."""
_SOCKET: Final = "socket:["
_LONGEST: Final = 64 * 1024


class Process(NamedTuple):
    """A process."""

    number: int
    name: str
    """Its name in the kernel, at most 15 bytes."""
    user: int
    container: ContainerId | None


class Processes:
    """Finds the processes that hold sockets. Looking at all takes milliseconds, so it is done only if needed."""

    def __init__(self, proc: Path = Path("/proc"), clock: Callable[[], float] = time.monotonic) -> None:
        self._proc = proc
        self._clock = clock
        self._holders: dict[int, tuple[int, ...]] = {}
        self._processes: dict[int, tuple[Process | None, float]] = {}
        self._last: frozenset[int] = frozenset()
        self._time = Allowance(SHARE, MOST_TIME, clock)

    def numbers(self) -> list[int]:
        """Return the numbers of all processes, the latest first."""
        return sorted((int(name) for name in os.listdir(self._proc) if name.isdigit()), reverse=True)

    def holders(self, inodes: Iterable[int], first: Iterable[int] = ()) -> Mapping[int, tuple[int, ...]]:
        """Return the processes that hold each socket, as far as they can be found in time.

        Unknown sockets are looked for in the processes `first`, then in those that are new, then in all others.
        """
        wanted = set(inodes)
        missing = wanted - self._holders.keys()
        if missing and self._time.left() > 0:
            started = self._clock()
            self._look(missing, first)
            self._time.use(self._clock() - started)
        return {inode: self._holders[inode] for inode in wanted if inode in self._holders}

    def survey(self) -> bool:
        """Look at all processes, to find every holder of sockets that several share; return whether there was time."""
        if self._time.left() <= 0:
            return False
        started = self._clock()
        self._holders.clear()
        self._last = frozenset(numbers := self.numbers())
        for number in numbers:
            self._remember(number)
        self._time.use(self._clock() - started)
        return True

    def process(self, number: int) -> Process | None:
        """Return a process; None if it is gone."""
        known = self._processes.get(number)
        if known is None or self._clock() >= known[1]:
            if len(self._processes) > MOST_SOCKETS:
                self._processes.clear()
            known = self._read(number), self._clock() + FRESH
            self._processes[number] = known
        return known[0]

    def _look(self, missing: set[int], first: Iterable[int]) -> None:
        if len(self._holders) > MOST_SOCKETS:
            self._holders.clear()
        numbers = self.numbers()
        new = [number for number in numbers if number not in self._last]
        self._last = frozenset(numbers)
        for number in dict.fromkeys((*first, *new, *numbers)):
            self._remember(number)
            missing -= self._holders.keys()
            if not missing:
                return

    def _remember(self, number: int) -> None:
        for inode in self._sockets(number):
            holders = self._holders.get(inode, ())
            if number not in holders:
                self._holders[inode] = (*holders, number)

    def _sockets(self, number: int) -> list[int]:
        """Return the sockets of a process; none if it is gone, or if we may not look."""
        folder, found = f"{self._proc}/{number}/fd", list[int]()
        with suppress(OSError):
            for name in os.listdir(folder):
                with suppress(OSError):
                    target = os.readlink(f"{folder}/{name}")
                    if target.startswith(_SOCKET):
                        found.append(int(target[len(_SOCKET) : -1]))
        return found

    def _read(self, number: int) -> Process | None:
        folder = self._proc / str(number)
        try:
            name = _content(folder / "comm").rstrip("\n")
            return Process(number, printable(name), folder.stat().st_uid, container_of(_groups(folder)))
        except OSError:
            return None


def _groups(folder: Path) -> list[str]:
    with suppress(OSError):
        return paths_of(_content(folder / "cgroup"))
    return []


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_LONGEST).decode("utf-8", "replace")
