"""Says where the history of a source is, for the user that the program becomes."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from capture.privileges import NOBODY, User, chosen_user
from history.place import file_name, folder


def default_path(interface: str, ports: str, user: str = "", environment: Mapping[str, str] = os.environ) -> Path:
    """The file for a source, for who the program becomes (or is) as `user` says, see `chosen_user`."""
    return folder_of(chosen_user(user, environment), environment) / file_name(interface, ports)


def folder_of(user: User | None, environment: Mapping[str, str]) -> Path:
    """The folder for state of who the program becomes; None is who it is."""
    if user is not None and user.name != NOBODY:
        return folder({}, _home_of(user), is_service=False)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return folder(environment, environment.get("HOME"), is_service=is_root)


def _home_of(user: User) -> str | None:
    """None for a number that no user of this system has."""
    import pwd

    with suppress(KeyError):
        return pwd.getpwuid(user.number).pw_dir
    return None


def make_ready(path: Path, user: User | None) -> None:
    """As root, make the folder of a service for the user who will write there. Others make their own later."""
    if user is None or user.name != NOBODY:
        return
    with suppress(OSError):  # then it cannot be written, which is said when that is tried
        path.parent.mkdir(mode=0o700)
        os.chown(path.parent, user.number, user.group)
