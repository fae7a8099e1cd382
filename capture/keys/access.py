"""Decides whether a key log is safe to use: with it, whoever can read it can read everything that was encrypted.

So nobody may be able to read or write it but root, the user who started the program, the user it becomes, and the
service that writes it. Windows has other permissions; there every file is accepted.
"""

import os
import stat
import struct
import sys
from collections.abc import Iterator
from typing import Final

from capture.errors import CaptureError
from capture.privileges import User

if sys.platform != "win32":
    import grp  # now: the user that the program becomes may not be able to read them
    import pwd

SERVICES: Final = range(1, 1000)
"""Numbers of the users that services run as (login.defs(5)), such as www-data: a server that has dropped root owns its
key log. People have higher ones.
"""
_ACL: Final = "system.posix_acl_access"
_ACL_HEADER: Final = 4
_ACL_ENTRY: Final = struct.Struct("<HHI")
_NAMED_USER, _OWNING_GROUP, _NAMED_GROUP, _MASK = 2, 4, 8, 16  # linux/posix_acl.h


class KeysExposed(CaptureError):  # noqa: N818 - the name says what is wrong
    """Others can read or write a file with keys."""


class Trusted:
    """The users who may read keys."""

    def __init__(self, *users: User | None) -> None:
        """`users` may read keys besides root and the current user; None is nobody."""
        own = os.geteuid() if hasattr(os, "geteuid") else 0
        self._users = frozenset({0, own, *(user.number for user in users if user is not None)})

    def check(self, path: str, file: int) -> None:
        """Check an open file.

        Raises:
            KeysExposed: Others can read or write it.
        """
        found = os.fstat(file)
        if sys.platform == "win32" or not (stat.S_ISREG(found.st_mode) or stat.S_ISFIFO(found.st_mode)):
            return
        if found.st_uid not in self._users and found.st_uid not in SERVICES:
            owner = user_name(found.st_uid)
            raise KeysExposed(f"{path} belongs to {owner}, who can read the keys; chown root {path}, or --user {owner}")
        if found.st_mode & stat.S_IRWXO or any(self._lets_in_others(file, found)):
            raise KeysExposed(f"others can read or write the keys in {path}; chmod 600 {path}")

    def _lets_in_others(self, file: int, found: os.stat_result) -> Iterator[bool]:
        """Yield for each user and group with rights besides the owner whether others are among them."""
        if not found.st_mode & stat.S_IRWXG:
            return
        entries = list(_acl(file)) or [(_OWNING_GROUP, 0o7, found.st_gid)]
        mask = next((rights for kind, rights, _ in entries if kind == _MASK), 0o7)
        for kind, rights, number in entries:
            if kind == _NAMED_USER and rights & mask:
                yield number not in self._users
            elif kind in (_OWNING_GROUP, _NAMED_GROUP) and rights & mask:
                members = _members(found.st_gid if kind == _OWNING_GROUP else number)
                yield members is None or not members <= self._users | {found.st_uid}


def _acl(file: int) -> Iterator[tuple[int, int, int]]:
    """Yield kind, rights and number of each entry of the access control list (acl(5)); nothing if there is none."""
    try:
        text = os.getxattr(file, _ACL)[_ACL_HEADER:] if hasattr(os, "getxattr") else b""
    except OSError:
        return
    yield from _ACL_ENTRY.iter_unpack(text[: len(text) // _ACL_ENTRY.size * _ACL_ENTRY.size])


def _members(group: int) -> frozenset[int] | None:
    """Return the users in a group; None if they are not known."""
    try:
        named = [pwd.getpwnam(name).pw_uid for name in grp.getgrgid(group).gr_mem]
    except KeyError:
        return None
    return frozenset([*named, *(user.pw_uid for user in pwd.getpwall() if user.pw_gid == group)])


def user_name(number: int) -> str:
    """Return the name of a user, or a description if it has none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
