"""The files that running programs execute: programs and libraries, in containers too, each once."""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from glob import iglob
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

_OVERLAY: Final = 0x794C7630  # linux/magic.h
_FUSE: Final = 0x65735546
_STATFS_SIZE: Final = 120
_SYSTEM: Final = ("/lib/*/libssl.so.*", "/lib64/libssl.so.*", "/usr/lib/*/libssl.so.*", "/usr/lib/libssl.so.*",
    "/usr/lib64/libssl.so.*", "/usr/local/lib*/libssl.so.*", "/opt/*/lib/libssl.so.*")  # fmt: skip
MOST_FILES: Final = 100_000
"""Maximum files that are remembered."""


class Identity(NamedTuple):
    """What distinguishes a file from all others, so that it is probed once."""

    device: int
    inode: int
    size: int
    changed: int


class OpenFile(NamedTuple):
    """A file that is open for reading until the next one is taken."""

    number: int
    """File descriptor."""
    name: str


class Mapping(NamedTuple):
    """A file in the memory of a process."""

    path: str
    """What opens this very file, even if it was deleted, or belongs to a container."""
    place: tuple[str, str]
    """Device and inode, as the kernel shows them."""
    name: str


class MappedFiles:
    """Finds files; one that was found before is not found again."""

    def __init__(self) -> None:
        self.unread: set[str] = set()
        """Names of files that are not opened, because reading them may take forever."""
        self.is_full = False
        """Whether no more files can be remembered."""
        self._places: set[tuple[str, str]] = set()
        self._known: set[Identity] = set()

    def new(self) -> Iterator[OpenFile]:
        """Yield the files that were not there before."""
        here = set()
        for mapping in chain(system_libraries(), mappings()):
            here.add(mapping.place)
            if mapping.place not in self._places:
                yield from self._opened(mapping)
        self._places &= here  # others may get the numbers of a deleted file

    def _opened(self, mapping: Mapping) -> Iterator[OpenFile]:
        with contextlib.suppress(OSError), _reading(mapping.path) as file:
            self._places.add(mapping.place)
            if _filesystem(file) == _FUSE:
                self.unread.add(mapping.name)
            elif self._is_new(_identity(file)):
                yield OpenFile(file, mapping.name)

    def _is_new(self, identity: Identity) -> bool:
        self.is_full = len(self._known) + len(self.unread) >= MOST_FILES
        if identity in self._known or self.is_full:
            return False
        self._known.add(identity)
        return True


def system_libraries() -> Iterator[Mapping]:
    """Yield the libraries that programs use which are started later."""
    for pattern in _SYSTEM:
        for path in sorted(iglob(pattern)):
            yield Mapping(path, ("system", path), os.path.basename(path))


def mappings() -> Iterator[Mapping]:
    """Yield the code of all processes but this one."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        if int(process) != os.getpid():
            yield from code_mappings(f"/proc/{process}", _text(f"/proc/{process}/maps"))


def code_mappings(process: str, maps: str) -> Iterator[Mapping]:
    """Yield the executable mappings of files in the text of `/proc/PID/maps` (proc(5)); `process` is `/proc/PID`."""
    for line in maps.splitlines():
        parts = line.split(None, 5)
        if len(parts) == 6 and "x" in parts[1] and parts[4] != "0":
            name = os.path.basename(parts[5]).removesuffix(" (deleted)")
            begin, _, end = parts[0].partition("-")
            yield Mapping(f"{process}/map_files/{int(begin, 16):x}-{int(end, 16):x}", (parts[3], parts[4]), name)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:  # the process ended
        return ""


@contextlib.contextmanager
def _reading(path: str) -> Iterator[int]:
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield file
    finally:
        os.close(file)


def _identity(file: int) -> Identity:
    """Return what the file is. The file of an image has another device in each container, but the kernel executes, and
    probes, the same one.
    """
    found = os.fstat(file)
    device = 0 if _filesystem(file) == _OVERLAY else found.st_dev
    return Identity(device, found.st_ino, found.st_size, found.st_mtime_ns)


def _filesystem(file: int) -> int:
    """Return the number of the kind of filesystem (fstatfs(2))."""
    found = (ctypes.c_long * (_STATFS_SIZE // 8))()
    return found[0] if ctypes.CDLL(None).fstatfs(file, found) == 0 else 0
