"""Says where the history of a source is, for the user that the program becomes."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from capture.privileges import NOBODY, User, chosen_user
from history.place import file_name, folder


def default_path(interface: str, ports: str, user: str = "", environment: Mapping[str, str] = os.environ) -> Path:
    """Return the file for a source, for the user that the program becomes (or is): see `chosen_user`."""
    return folder_of(chosen_user(user, environment), environment) / file_name(interface, ports)


def folder_of(user: User | None, environment: Mapping[str, str]) -> Path:
    """Return the folder for state of the user that the program becomes; None is the user that it is."""
    if user is not None and user.name != NOBODY:
        return folder({}, _home_of(user), is_service=False)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return folder(environment, environment.get("HOME"), is_service=is_root)


def _home_of(user: User) -> str | None:
    """Return the home of a user; None for a number that no user of this system has."""
    import pwd

    with suppress(KeyError):
        return pwd.getpwuid(user.number).pw_dir
    return None


def make_ready(path: Path, user: User | None) -> None:
    """As root, make the folder of a service for the user who will write to it. Others make their own later."""
    if user is None or user.name != NOBODY:
        return
    with suppress(OSError):  # then it cannot be written to, which is reported when that is tried
        path.parent.mkdir(mode=0o700)
        os.chown(path.parent, user.number, user.group)
