"""Decides which files may tell a program what to do while it runs as root.

A settings file names folders, commands and addresses, and a statistic is code. Such a file must belong to root, and
nobody else may be able to write to it or replace it. A settings file that the sudo caller names may also belong to the
caller: it says no more than the command line could. Other users can only harm themselves, so they may read what they
like.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path


class UntrustedError(ValueError):
    """A file that root must not trust. The text is one line for the user, with the fix."""


def caller(environment: Mapping[str, str]) -> int:
    """Return the user id of the sudo caller; 0 without sudo."""
    text = environment.get("SUDO_UID", "")
    return int(text) if text.isascii() and text.isdigit() else 0


def check(path: Path, owners: frozenset[int]) -> Path:
    """Check that a file or folder, and every folder above it, belongs to `owners` or root alone. Only root is checked.

    Returns the resolved path, so that no link can change in the meantime.

    Raises:
        UntrustedError: somebody else could change the file.
        OSError: the file does not exist.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return path
    real = path.resolve(strict=True)
    for place in (real, *real.parents, *Path(os.path.abspath(path)).parents):
        if fault := _fault(place.stat(), owners | {0}):
            raise UntrustedError(f"{path} is refused as root: {place} {fault}")
    return real


def _fault(found: os.stat_result, owners: frozenset[int]) -> str:
    if found.st_uid not in owners:
        return f"belongs to {_name(found.st_uid)} (chown it to root, or run as that user)"
    others = found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not _is_private(found))
    sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    return "is writable by others (chmod go-w)" if others and not sticky else ""


def _is_private(found: os.stat_result) -> bool:
    """Return whether the group is the owner's own: it has the same name and no other members, as on most systems."""
    import grp
    import pwd

    try:
        owner, group = pwd.getpwuid(found.st_uid), grp.getgrgid(found.st_gid)
    except KeyError:
        return False
    return (owner.pw_gid, owner.pw_name) == (group.gr_gid, group.gr_name) and {*group.gr_mem} <= {owner.pw_name}


def _name(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
