"""The place of the history depends on the user that the program switches to."""

import os
import sys
from pathlib import Path

import pytest

from capture.privileges import NOBODY, User
from cli.history_file import folder_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX users")


def test_a_users_history_is_below_the_home() -> None:
    import pwd

    someone = next(user for user in pwd.getpwall() if user.pw_dir not in ("", "/nonexistent"))
    user = User(someone.pw_name, someone.pw_uid, someone.pw_gid)
    home = pwd.getpwuid(someone.pw_uid).pw_dir
    assert folder_of(user, {"STATE_DIRECTORY": "/elsewhere"}) == Path(home, ".local/state/http-monitor")


def test_a_number_without_a_user_has_no_home() -> None:
    assert folder_of(User("", 3_000_000_000, 3_000_000_000), {}) == Path("/var/lib/http-monitor")


def test_a_services_history_is_where_systemd_says() -> None:
    nobody = User(NOBODY, 65534, 65534)
    assert folder_of(nobody, {"STATE_DIRECTORY": "/var/lib/private/web:/other"}) == Path("/var/lib/private/web")


def test_a_user_that_is_not_switched_uses_the_own_home() -> None:
    home = {"HOME": "/home/someone", "XDG_STATE_HOME": "/home/someone/state"}
    expected = "/var/lib/http-monitor" if os.geteuid() == 0 else "/home/someone/state/http-monitor"
    assert folder_of(None, home) == Path(expected)
