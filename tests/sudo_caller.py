"""Plays sudo: the variables that it sets, and a folder of the caller's own, for tests that run as root."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from capture.privileges import User

CALLER = User("anna", 4001, 4002)
SUDO = {"SUDO_UID": "4001", "SUDO_GID": "4002", "SUDO_USER": "anna"}
as_root = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="root and its capabilities on Linux are needed"
)


@contextmanager
def folder_of(user: User) -> Iterator[Path]:
    """Make a folder that only the user can enter; others cannot enter the folders that pytest makes for root."""
    path = Path(tempfile.mkdtemp(prefix="sudo-caller-"))
    try:
        os.chown(path, user.number, user.group)
        yield path
    finally:
        shutil.rmtree(path)


@contextmanager
def folder_of_root() -> Iterator[Path]:
    """Make a folder such as /etc, which everybody can read."""
    with folder_of(User("root", 0, 0)) as path:
        path.chmod(0o755)
        yield path
