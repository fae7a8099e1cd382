"""Probes in all files with a function that logs secrets: what was found, and what cannot be probed."""

import os
import time
from collections.abc import Collection, Iterator
from typing import Final

from capture.keys.libbpf import BpfObject, BpfUnavailable
from capture.keys.log_function import Call, LogFunction, find
from capture.keys.machine_code import MACHINES, Layout
from capture.keys.mapped import MappedFiles, OpenFile

LARGEST: Final = 2**28
"""Maximum size of a file that is searched, in bytes."""
MOST_FILES: Final = 100
"""Maximum files that are probed; each takes about five file descriptors."""
MOST_REFUSED: Final = 1000
"""Maximum names of other files with TLS that are remembered."""
_MARK: Final = b"SERVER_HANDSHAKE_TRAFFIC_SECRET"
"""What files have that can log the secrets of TLS 1.3, whoever wrote them."""
_PIECE: Final = 2**20


class Probes:
    """All probes of a run, numbered from 0."""

    def __init__(self, bpf: BpfObject, machine: str) -> None:
        self.names: list[str] = []
        """Of the probed files."""
        self.refused: set[str] = set()
        """Names of files with TLS that cannot be probed."""
        self.is_complete = True
        """Whether the last search looked at all files."""
        self._calls: list[Call] = []
        self._bpf = bpf
        self._machine = machine
        self._files = MappedFiles()

    @property
    def unread(self) -> Collection[str]:
        """Names of programs that were not searched, because reading them may take forever."""
        return self._files.unread

    def search(self, seconds: float) -> None:
        """Probe the files that were not there before. What this time does not suffice for is left to the next search.

        Raises:
            BpfUnavailable: the kernel refuses the first probe.
        """
        self.is_complete = self._looked_at_all(time.monotonic() + seconds)

    def _looked_at_all(self, end: float) -> bool:
        for file in self._files.new():
            self._look_at(file)
            if time.monotonic() > end or len(self.names) >= MOST_FILES:
                return False
        return not self._files.is_full

    def _look_at(self, file: OpenFile) -> None:
        try:
            if has_mark(file.number):
                self._add(file)
        except OSError:
            self._refuse(file.name)

    def label(self, number: int, distance: int) -> str | None:
        """Return the label at this distance from a probe; None if there is none."""
        return self._calls[number].labels.get(distance) if number < len(self._calls) else None

    def _add(self, file: OpenFile) -> None:
        function = find(_whole(file.number), MACHINES[self._machine])
        if function is not None and self._is_probed(file.number, function):
            self.names.append(file.name)
        else:
            self._refuse(file.name)

    def _refuse(self, name: str) -> None:
        if len(self.refused) < MOST_REFUSED:
            self.refused.add(name)

    def _is_probed(self, file: int, function: LogFunction) -> bool:
        name = program(function.family, self._machine)
        try:
            for call in function.calls:
                self._calls.append(call)  # first, because its secrets may come at once
                self._bpf.attach(name, file, call.offset, cookie(len(self._calls) - 1, function.layout))
        except BpfUnavailable:
            if not self.names:
                raise
            return False
        return True


def program(family: str, machine: str) -> str:
    """Return the name of the program that reads the arguments in the registers of this processor."""
    return f"{family}_{machine}"


def cookie(number: int, layout: Layout) -> int:
    """Return what the program is told about a probe (struct place in secrets.bpf.c)."""
    return number << 32 | layout.pointer << 16 | layout.offset


def has_mark(file: int) -> bool:
    """Return whether a file has TLS 1.3."""
    return any(_MARK in piece for piece in _pieces(file))


def _pieces(file: int) -> Iterator[bytes]:
    """Yield the file in pieces that overlap, so that the mark is whole in one of them."""
    return (os.pread(file, _PIECE + len(_MARK), begin) for begin in range(0, _size(file), _PIECE))


def _whole(file: int) -> bytes:
    return os.pread(file, _size(file), 0)


def _size(file: int) -> int:
    return min(os.fstat(file).st_size, LARGEST)
