"""Drops the privileges that opening the capture required, before the first packet is parsed.

Root becomes another user for good, and capabilities are dropped. `chosen_user` selects the user, and `give_up` drops
the privileges and verifies that they are gone. On systems without POSIX users nothing happens.
"""

import ctypes
import os
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
_LARGEST_ID: Final = 2**32 - 2  # the next number means "leave unchanged"

_PR_CAPBSET_DROP: Final = 24  # linux/prctl.h
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_RAISE: Final = 2
_CLEAR_ALL: Final = 4
_PR_SET_KEEPCAPS: Final = 8
_CAPABILITY_VERSION_3: Final = 0x20080522  # linux/capability.h
_SETS: Final = ("CapInh", "CapPrm", "CapEff", "CapAmb")
STAY: Final = "use --user root to stay root"


class UnknownUser(ValueError):  # noqa: N818 - the name says what is wrong
    """There is no such user. The text is one line for the user."""


class UserRefused(UnknownUser):
    """Who started the program by sudo may not choose this user."""


class User(NamedTuple):
    """The user that the process becomes."""

    name: str
    number: int
    group: int


def chosen_user(name: str, environment: Mapping[str, str]) -> User | None:
    """Return the user `name`, by default the sudo caller, otherwise nobody; None to stay the current user.

    Only root can become another user, so the result is None for everybody else, and for the name `root`. Under sudo
    only the caller and nobody can be chosen: otherwise a user who may run only this program by sudo could use it to
    act as anybody, root included.

    Raises:
        UnknownUser: There is no user of that name, or the sudo caller may not choose it.
    """
    if not hasattr(os, "geteuid"):
        return None
    caller = sudo_caller(environment)
    user = _named(name) if name else caller or _nobody()
    if caller is not None and user.number not in (caller.number, _nobody().number):
        raise UserRefused(
            f"under sudo, the program becomes {caller.name} or {NOBODY}, not {user.name}; "
            "only root itself can choose another user (sudo env -u SUDO_UID ...)"
        )
    return user if user.number and os.geteuid() == 0 and _exists_here(user) else None


def sudo_caller(environment: Mapping[str, str]) -> User | None:
    """Return who started the program by sudo, nobody if sudo named no valid user; None without sudo, or if it was root.

    Only root can act as the caller, so the result is None for everybody else.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or environment.get("SUDO_UID", "0") in ("", "0"):
        return None
    user = _who_called_sudo(environment) or _nobody()
    return user if _exists_here(user) else None


def give_up(user: User | None) -> None:
    """Become `user` if there is one, and drop all capabilities. Must be called before any thread starts.

    Raises:
        CaptureError: It failed; the process must end, because it may still have privileges.
        RuntimeError: Other threads are running, which would keep their privileges.
    """
    if threading.active_count() > 1:
        raise RuntimeError("privileges must be dropped before threads start")
    linux = sys.platform.startswith("linux")
    try:
        if linux:
            _forbid_new_rights()
        if user is not None:
            _become(user)
        if linux:
            _clear_capabilities()
    except OSError as reason:
        raise CaptureError(f"cannot drop {_what(user)}: {reason.strerror}; {STAY}") from reason
    left = _rights_left(user) if linux else []
    if left:
        raise CaptureError(f"cannot drop {_what(user)}: {', '.join(left)} still there; {STAY}")


def keep_only(capabilities: Iterable[int], user: User | None, *, pass_on: bool = False) -> None:
    """Become `user` if there is one, and keep only some capabilities (numbers of capabilities(7)), if they are there.
    With `pass_on`, programs that this process starts have them too.

    Raises:
        OSError: It failed; the process must end, because it may still have other privileges.
    """
    kept = sum(1 << number for number in capabilities) & permitted()
    passed = kept if pass_on else 0
    if passed:  # first: what the bounding set has lost cannot become inheritable
        _set_capabilities(permitted(), passed)
    if user is not None:
        _prctl(_PR_SET_KEEPCAPS, 1)
    _forbid_new_rights()
    if user is not None:
        _become(user)
    _set_capabilities(kept, passed)
    for number in range(passed.bit_length()):
        if passed >> number & 1:
            _prctl(_PR_CAP_AMBIENT, _RAISE, number)


def permitted() -> int:
    """Return the capabilities that this process may use, as bits."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return int(next(line for line in lines if line.startswith("CapPrm:")).split()[1], 16)


def _what(user: User | None) -> str:
    return "capabilities" if user is None else f"root to become {user.name}"


# choosing the user ----------------------------------------------------------------------------------------------------


def _named(name: str) -> User:
    import pwd

    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise UnknownUser(f"no user {name!r}; choose an existing user with --user") from None
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _who_called_sudo(environment: Mapping[str, str]) -> User | None:
    """Return the user and group that called sudo; None if sudo did not name valid ones."""
    number, group = (_id(environment.get(name, "")) for name in ("SUDO_UID", "SUDO_GID"))
    if not number or not group:
        return None
    return User(environment.get("SUDO_USER") or str(number), number, group)


def _id(text: str) -> int:
    """Return a user or group number; 0 if it is invalid or root's."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    return number if number <= _LARGEST_ID else 0


def _nobody() -> User:
    try:
        return _named(NOBODY)
    except UnknownUser:
        return User(NOBODY, _NOBODY_NUMBER, _NOBODY_NUMBER)


def _exists_here(user: User) -> bool:
    """Return whether the user exists in this user namespace; it does not if the namespace maps only root.

    Then root is another name of an ordinary user outside, and there is nobody to become (user_namespaces(7)).
    """
    try:
        lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    spans = [(int(first), int(outside), int(size)) for first, outside, size in map(str.split, lines)]
    mapped = any(first <= user.number < first + size for first, _, size in spans)
    ordinary = any(first == 0 and outside != 0 for first, outside, _ in spans)
    return mapped or not ordinary


# dropping the privileges ----------------------------------------------------------------------------------------------


def _forbid_new_rights() -> None:
    """Prevent child programs and later bugs from regaining privileges (prctl(2))."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    number = 0
    while _try_prctl(_PR_CAPBSET_DROP, number):  # up to the first one that is unknown to the kernel, or refused
        number += 1
    _try_prctl(_PR_CAP_AMBIENT, _CLEAR_ALL)


def _become(user: User) -> None:
    """Change groups first, because only root can change them."""
    os.setgroups([])
    if hasattr(os, "setresuid"):
        os.setresgid(user.group, user.group, user.group)
        os.setresuid(user.number, user.number, user.number)
    else:  # macOS: for root, these set all three ids
        os.setgid(user.group)
        os.setuid(user.number)


def _clear_capabilities() -> None:
    """Clear the effective, permitted and inheritable capabilities (capset(2))."""
    _set_capabilities(0)


def _set_capabilities(kept: int, inheritable: int = 0) -> None:
    """Set the effective and permitted capabilities, and the inheritable ones."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    low, high = ((kept >> shift & 0xFFFFFFFF, inheritable >> shift & 0xFFFFFFFF) for shift in (0, 32))
    _checked(_libc().capset(header, struct.pack("=6I", low[0], *low, high[0], *high)))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, *arguments: int) -> None:
    _checked(_libc().prctl(option, *(ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4])))


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


# verifying ------------------------------------------------------------------------------------------------------------


def _rights_left(user: User | None) -> list[str]:
    """Return the privileges that any thread still has but should not have, according to the kernel (proc(5))."""
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
