"""Whose files may tell a program what to do that runs as root.

A settings file names folders, commands and addresses, and a statistic is code. What root reads of that kind must belong
to root, or to who called sudo where that was asked for by name, and nobody else may be able to write it or to put
another in its place. Who is not root can lose nothing but what is theirs, and reads what they like.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path


class UntrustedError(ValueError):
    """A file that root must not believe. The text is one line for the user, with the way out."""


def caller(environment: Mapping[str, str]) -> int:
    """The number of the user who called sudo; 0 where nobody did."""
    text = environment.get("SUDO_UID", "")
    return int(text) if text.isascii() and text.isdigit() else 0


def check(path: Path, owners: frozenset[int]) -> Path:
    """See that a file or folder, and every folder above it, is of `owners` or root alone. Whoever is not root may pass.

    Returns where it really is, so that no link changes under way.

    Raises:
        UntrustedError: it is not.
        OSError: it is not there.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return path
    real = path.resolve(strict=True)
    for place in (real, *real.parents, *Path(os.path.abspath(path)).parents):
        if fault := _fault(place.stat(), owners | {0}):
            raise UntrustedError(f"{path} is not read as root: {place} {fault}")
    return real


def _fault(found: os.stat_result, owners: frozenset[int]) -> str:
    if found.st_uid not in owners:
        return f"belongs to {_name(found.st_uid)}; sudo chown root it, or run as that user"
    others = found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not _is_private(found))
    sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    return "can be written by others; chmod go-w it" if others and not sticky else ""


def _is_private(found: os.stat_result) -> bool:
    """Whether the group is the owner's own, of that name and with nobody else in it, as most systems make one."""
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
