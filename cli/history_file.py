"""Finds the history file of a source, for the user that the program switches to."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from capture.privileges import NOBODY, User, chosen_user
from exercise_config import Config
from history.keep import Retention
from history.place import file_name, folder


def default_path(interface: str, ports: str, user: str = "", environment: Mapping[str, str] = os.environ) -> Path:
    """Return the file for a source and the user that the program switches to: see `chosen_user`."""
    return folder_of(chosen_user(user, environment), environment) / file_name(interface, ports)


def retention(config: Config) -> Retention:
    """Return how long and how much of a history the settings keep."""
    day = 86400
    return Retention(
        config.history_minutes * day,
        config.history_hours * day,
        config.history_days * day,
        config.history_size * 2**20,
        config.history_keys,
    )


def folder_of(user: User | None, environment: Mapping[str, str]) -> Path:
    """Return the state folder of the user that the program switches to; None is the present user."""
    if user is not None and user.name != NOBODY:
        return folder({}, _home_of(user), is_service=False)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return folder(environment, environment.get("HOME"), is_service=is_root)


def _home_of(user: User) -> str | None:
    """Return the home of a user; None if no user of this system has that number."""
    import pwd

    with suppress(KeyError):
        return pwd.getpwuid(user.number).pw_dir
    return None


def make_ready(path: Path, user: User | None) -> None:
    """As root, create the folder of a service for the user who will write to it. Other users create theirs later."""
    if user is None or user.name != NOBODY:
        return
    with suppress(OSError):  # the first write reports it
        path.parent.mkdir(mode=0o700)  # fails if it is there, and then keeps its owner
        os.chown(path.parent, user.number, user.group, follow_symlinks=False)
