"""Gives up the rights that opening the capture took, before the first packet is parsed.

Root becomes another user for good, and whoever has capabilities loses them. `chosen_user` says who it will be,
`hand_over` gives that user the files that were opened for writing, and `give_up` does it and looks whether it is so.
On a system without POSIX users nothing happens.
"""

import ctypes
import os
import stat
import struct
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from capture.errors import CaptureError

ROOT: Final = "root"
NOBODY: Final = "nobody"
_NOBODY_NUMBER: Final = 65534
_LARGEST_ID: Final = 2**32 - 2  # the highest number means "leave as it is"

_PR_CAPBSET_DROP: Final = 24  # linux/prctl.h
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_CLEAR_ALL: Final = 4
_CAPABILITY_VERSION_3: Final = 0x20080522  # linux/capability.h
_SETS: Final = ("CapInh", "CapPrm", "CapEff", "CapAmb")
STAY: Final = "use --user root to go on as root all the same"


class UnknownUser(ValueError):  # noqa: N818 - the name says what is the matter
    """There is no such user. The text is one line for the user."""


class User(NamedTuple):
    """Who the process becomes."""

    name: str
    number: int
    group: int


def chosen_user(name: str, environment: Mapping[str, str]) -> User | None:
    """The user called `name`, or without one who called sudo, else nobody; None to stay who we are.

    Only root can become another user, so for everybody else it is None, as for the name `root`.

    Raises:
        UnknownUser: there is no user of that name.
    """
    if not hasattr(os, "geteuid"):
        return None
    user = _named(name) if name else _who_called_sudo(environment) or _nobody()
    return user if user.number and os.geteuid() == 0 and _exists_here(user) else None


def hand_over(descriptor: int, user: User) -> None:
    """Give the user a file that we own, to read and remove. Devices, pipes and what has several names stay as they are.

    Raises:
        CaptureError: the system refuses.
    """
    if descriptor < 0:
        return
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink != 1:
        return
    try:
        os.fchown(descriptor, user.number, user.group)
    except OSError as reason:
        raise CaptureError(f"cannot give a file to {user.name}: {reason.strerror}; {STAY}") from reason


def give_up(user: User | None) -> None:
    """Become `user` if there is one, and lose all capabilities. To be called before any thread is started.

    Raises:
        CaptureError: it did not work; the process must end, as it may still have rights.
        RuntimeError: there are other threads, which would keep their rights.
    """
    if threading.active_count() > 1:
        raise RuntimeError("rights are given up by each thread for itself, and there are several")
    linux = sys.platform.startswith("linux")
    try:
        if linux:
            _forbid_new_rights()
        if user is not None:
            _become(user)
        if linux:
            _clear_capabilities()
    except OSError as reason:
        raise CaptureError(f"cannot give up {_what(user)}: {reason.strerror}; {STAY}") from reason
    left = _rights_left(user) if linux else []
    if left:
        raise CaptureError(f"could not give up {_what(user)}, there is still {', '.join(left)}; {STAY}")


def _what(user: User | None) -> str:
    return "the capabilities" if user is None else f"root for {user.name}"


# who ------------------------------------------------------------------------------------------------------------------


def _named(name: str) -> User:
    import pwd

    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise UnknownUser(f"no user {name!r} to give up root for; name one that exists with --user") from None
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _who_called_sudo(environment: Mapping[str, str]) -> User | None:
    """The user and group that sudo says called it; None when it says nothing, or nothing that makes sense."""
    number, group = (_id(environment.get(name, "")) for name in ("SUDO_UID", "SUDO_GID"))
    if not number or not group:
        return None
    return User(environment.get("SUDO_USER") or str(number), number, group)


def _id(text: str) -> int:
    """The number of a user or group that is not root's; 0 if it is none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    return number if number <= _LARGEST_ID else 0


def _nobody() -> User:
    try:
        return _named(NOBODY)
    except UnknownUser:
        return User(NOBODY, _NOBODY_NUMBER, _NOBODY_NUMBER)


def _exists_here(user: User) -> bool:
    """Whether the user namespace has that user: False where we are root of a namespace of our own and nobody else.

    Then root is but another name of the user outside, and there is nobody to become (user_namespaces(7)).
    """
    try:
        lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    spans = [(int(first), int(outside), int(size)) for first, outside, size in map(str.split, lines)]
    mapped = any(first <= user.number < first + size for first, _, size in spans)
    ordinary = any(first == 0 and outside != 0 for first, outside, _ in spans)
    return mapped or not ordinary


# how ------------------------------------------------------------------------------------------------------------------


def _forbid_new_rights() -> None:
    """Let no program that we start, and no later bug, get rights again (prctl(2))."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    number = 0
    while _try_prctl(_PR_CAPBSET_DROP, number):  # up to the first that the kernel does not know, or all are refused
        number += 1
    _try_prctl(_PR_CAP_AMBIENT, _CLEAR_ALL)


def _become(user: User) -> None:
    """Groups first: without root they cannot be changed any more."""
    os.setgroups([])
    if hasattr(os, "setresuid"):
        os.setresgid(user.group, user.group, user.group)
        os.setresuid(user.number, user.number, user.number)
    else:  # macOS: for root these set all three
        os.setgid(user.group)
        os.setuid(user.number)


def _clear_capabilities() -> None:
    """None effective, permitted or inheritable (capset(2))."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_libc().capset(header, bytes(24)))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, argument: int) -> None:
    _checked(_libc().prctl(option, *(ctypes.c_ulong(value) for value in (argument, 0, 0, 0))))


def _try_prctl(option: int, argument: int) -> bool:
    try:
        _prctl(option, argument)
    except OSError:
        return False
    return True


def _checked(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


# whether --------------------------------------------------------------------------------------------------------------


def _rights_left(user: User | None) -> list[str]:
    """What any thread of the process still has and should not have, as the kernel tells it (proc(5))."""
    left: set[str] = set()
    for status in Path("/proc/self/task").glob("*/status"):
        lines = (line.split() for line in status.read_text(encoding="ascii", errors="replace").splitlines())
        left.update(_excess({name.rstrip(":"): values for name, *values in lines}, user))
    return sorted(left)


def _excess(status: Mapping[str, list[str]], user: User | None) -> Iterable[str]:
    yield from (name for name in _SETS if int(status.get(name, ["0"])[0], 16))
    if user is not None:
        yield from (
            f"another {name}"
            for name, own in (("Uid", user.number), ("Gid", user.group))
            if {*status[name]} != {str(own)}
        )
        if status.get("Groups"):
            yield "a group"
