"""Locks the process down after set-up, beside the dropped privileges: Landlock and seccomp, where the kernel has them.

The core does it (crate `lockdown`); without it, or on another system, nothing is locked. It is defence in depth, so
what is missing is no error, but the result says so.
"""

import os
import sys
import threading
from importlib import import_module
from typing import Any, Final, NamedTuple

_CORE: Final = "http_monitor_core"
_pinned: Final[list[int]] = []


class Grants(NamedTuple):
    """What the process may still do; everything else is refused. Paths that do not exist are ignored."""

    read: tuple[str, ...] = ()
    """Files and folders to read."""
    write: tuple[str, ...] = ()
    """Folders to read, write, create and delete in."""
    create: tuple[str, ...] = ()
    """Folders to create files in, and to write to files."""
    devices: tuple[str, ...] = ()
    """Device files to use."""
    families: tuple[int, ...] = ()
    """Families of sockets to make."""
    connects: bool = False
    """Whether to make TCP connections."""


def lockable() -> bool:
    """Return whether the core is installed, and can lock this system."""
    return sys.platform.startswith("linux") and _core() is not None


def lock_down(grants: Grants) -> str:
    """Refuse everything else from now on, and return in words what is in force. Must be called before threads start.

    Raises:
        RuntimeError: Other threads are running, which would not be locked.
    """
    if not sys.platform.startswith("linux"):
        return "nothing; only Linux can"
    core = _core()
    if core is None:
        return "nothing; that needs the Rust core"
    if threading.active_count() > 1:
        raise RuntimeError("the process must be locked down before threads start")
    _pin("/proc/self")
    return _words(*core.lock_down(**grants._asdict()))


def _core() -> Any:
    """Return the core, even if it does not decode; None if it is not installed, or older than this."""
    try:
        core = import_module(_CORE)
    except ImportError:
        return None
    return core if hasattr(core, "lock_down") else None


def _pin(folder: str) -> None:
    """Keep a folder of /proc open. A grant applies to the inode, and the kernel may forget that of an unused one."""
    if os.path.isdir(folder):
        _pinned.append(os.open(folder, os.O_PATH | os.O_CLOEXEC))


def _words(landlock: int, seccomp: bool) -> str:
    files = f"files and network (Landlock {landlock})" if landlock >= 4 else f"files (Landlock {landlock})"
    parts = [*([files] if landlock else []), *(["system calls (seccomp)"] if seccomp else [])]
    return ", ".join(parts) or "nothing; this kernel has neither Landlock nor seccomp, or they are not allowed here"
