"""The functions of libbpf in use: load an object, attach it to functions of programs, read its ring buffer."""

import ctypes
import errno
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from capture.errors import CaptureError

_NAMES: Final = ("libbpf.so.1", "libbpf.so.0")
_STRICT: Final = 0xFFFFFFFF
"""Errors are null pointers and `errno` in all versions."""
_ALL_PROCESSES: Final = -1
HOW_TO_GET_LIBBPF: Final = "install it, e.g. `apt install libbpf1` or `dnf install libbpf`"

_TakeEvent = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


class BpfUnavailable(CaptureError):  # noqa: N818 - the name says what is wrong
    """eBPF cannot be used here. The text is one line with the fix."""


class _UprobeOptions(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_size_t),
        ("counter", ctypes.c_size_t),
        ("cookie", ctypes.c_uint64),
        ("at_return", ctypes.c_bool),
    )


def _library() -> Any:
    for name in _NAMES:
        try:
            library = ctypes.CDLL(name, use_errno=True)
            library.bpf_program__attach_uprobe_opts  # noqa: B018 - libbpf 0.5 and later have it
        except (OSError, AttributeError):
            continue
        for function in ("bpf_object__open_file", "bpf_object__find_program_by_name", "bpf_object__find_map_by_name",
                         "bpf_program__attach_uprobe_opts", "ring_buffer__new"):  # fmt: skip
            getattr(library, function).restype = ctypes.c_void_p
        library.libbpf_set_print(None)
        library.libbpf_set_strict_mode(_STRICT)
        return library
    raise BpfUnavailable(f"keys by eBPF need libbpf 0.5 or later, which is not installed; {HOW_TO_GET_LIBBPF}")


class BpfObject:
    """An object file with maps and programs, of which some are used."""

    def __init__(self, path: Path) -> None:
        """Read the object file at `path`.

        Raises:
            BpfUnavailable: there is no libbpf, or it cannot read the object.
        """
        self._libbpf = _library()
        self._links: list[ctypes.c_void_p] = []
        self._programs: dict[str, ctypes.c_void_p] = {}
        self._object = self._pointer(self._libbpf.bpf_object__open_file(os.fsencode(path), None))

    def choose(self, programs: Collection[str], all_programs: Collection[str]) -> None:
        """Leave out all programs but these."""
        for name in all_programs:
            found = self._pointer(self._libbpf.bpf_object__find_program_by_name(self._object, name.encode()))
            self._libbpf.bpf_program__set_autoload(found, ctypes.c_bool(name in programs))
            self._programs[name] = found

    def resize(self, name: str, size: int) -> None:
        """Give a map this size, before the object is loaded."""
        self._check(self._libbpf.bpf_map__set_max_entries(self._map(name), ctypes.c_uint32(size)))

    def load(self) -> None:
        """Hand the object to the kernel.

        Raises:
            BpfUnavailable: the kernel refuses.
        """
        self._check(self._libbpf.bpf_object__load(self._object))

    def map_file(self, name: str) -> int:
        """Return the file descriptor of a map, which belongs to the object."""
        return int(self._libbpf.bpf_map__fd(self._map(name)))

    def attach(self, program: str, file: int, offset: int, cookie: int) -> None:
        """Run a program whenever any process executes the byte at `offset` of the open file.

        Raises:
            BpfUnavailable: the kernel refuses.
        """
        options = _UprobeOptions(ctypes.sizeof(_UprobeOptions), 0, cookie, False)
        path = f"/proc/self/fd/{file}".encode()
        arguments = self._programs[program], _ALL_PROCESSES, path, ctypes.c_size_t(offset), ctypes.byref(options)
        self._links.append(self._pointer(self._libbpf.bpf_program__attach_uprobe_opts(*arguments)))

    def close(self) -> None:
        """Detach the program, and unload it. Closing it twice is harmless."""
        while self._links:
            self._libbpf.bpf_link__destroy(self._links.pop())
        self._libbpf.bpf_object__close(self._object)
        self._object = ctypes.c_void_p()

    def _map(self, name: str) -> ctypes.c_void_p:
        return self._pointer(self._libbpf.bpf_object__find_map_by_name(self._object, name.encode()))

    def _pointer(self, address: int | None) -> ctypes.c_void_p:
        if not address:
            raise _refused(ctypes.get_errno())
        return ctypes.c_void_p(address)

    def _check(self, result: int) -> None:
        if result < 0:
            raise _refused(-result)


class RingBuffer:
    """Reads events from a map. After it was made, it makes no system call."""

    def __init__(self, map_file: int, most: int) -> None:
        """`most` is the maximum number of events of a read."""
        self._libbpf = _library()
        self._most = most
        self._events: list[bytes] = []
        self._take = _TakeEvent(self._taken)
        self._ring = ctypes.c_void_p(self._libbpf.ring_buffer__new(map_file, self._take, None, None))
        if not self._ring:
            raise _refused(ctypes.get_errno())

    def _taken(self, _context: int, event: int, size: int) -> int:
        """Keep an event; a negative result ends the read after it."""
        self._events.append(ctypes.string_at(event, size))
        return -errno.EAGAIN if len(self._events) >= self._most else 0

    def read(self) -> list[bytes]:
        """Return the events since the last call, oldest first; none after it was closed."""
        if not self._ring:
            return []
        self._libbpf.ring_buffer__consume(self._ring)
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Free the buffer. Closing it twice is harmless."""
        self._libbpf.ring_buffer__free(self._ring)
        self._ring = ctypes.c_void_p()


def _refused(number: int) -> BpfUnavailable:
    if number in (errno.EPERM, errno.EACCES):
        return BpfUnavailable(
            "no permission to fetch keys by eBPF; use sudo (in a container, also CAP_SYS_ADMIN and CAP_SYS_PTRACE)"
        )
    reason = os.strerror(number).lower()
    return BpfUnavailable(f"keys by eBPF need Linux 5.15 or later with uprobes; the kernel says: {reason}")
