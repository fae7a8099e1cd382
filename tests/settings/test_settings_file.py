"""The settings file: where it is, what it may contain, and who may own it."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exercise_config import Config
from settings.file import read, user_folder
from settings.setting import SettingError, settings_of

KNOWN = settings_of(Config)
ANNA = 4001
"""A user id that exists on no machine."""

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def settings_file(*lines: str) -> str:
        path = tmp_path / "mine.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return str(path)

    return settings_file


def test_a_named_file_is_read(write: Write) -> None:
    named = write(
        "# calm evenings",
        "average_threshold = 25",
        "gap_timeout = 0.5",
        "log_credentials = true",
        'statistics = ["request_rate", "top_methods"]',
    )
    assert read(named, {}, KNOWN) == {
        "average_threshold": 25,
        "gap_timeout": 0.5,
        "log_credentials": True,
        "statistics": ("request_rate", "top_methods"),
    }


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"XDG_CONFIG_HOME": "/x", "HOME": "/home/anna"}, "/x/http-monitor"),
        ({"HOME": "/home/anna"}, "/home/anna/.config/http-monitor"),
        ({"XDG_CONFIG_HOME": "", "HOME": "/home/anna"}, "/home/anna/.config/http-monitor"),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/home/anna"}, "/home/anna/.config/http-monitor"),
        ({"HOME": "."}, None),
        ({}, None),
    ],
)
def test_the_users_file_is_where_the_specification_says(environment: dict[str, str], place: str | None) -> None:
    assert user_folder(environment) == (None if place is None else Path(place))


def test_the_users_file_is_read_if_it_exists(tmp_path: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert read(None, environment, KNOWN) == {}
    (tmp_path / "http-monitor").mkdir()
    (tmp_path / "http-monitor" / "config.toml").write_text("max_top_hits = 3\n")
    assert read(None, environment, KNOWN) == {"max_top_hits": 3}
    assert read(None, {}, KNOWN) == {}


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["", "average_treshold = 5"], ":2: no setting 'average_treshold'; did you mean 'average_threshold'?"),
        (["x = 1"], ":1: no setting 'x'; see --show-config"),
        (["max_top_hits = 1", "", 'timeout = "2"'], ":3: timeout = '2' is not allowed: a number from 0.05 to 3,600 s"),
        (["max_top_hits = 0"], ":1: max_top_hits = 0 is not allowed: a whole number from 1 to 1,000 rows"),
        (["max_top_hits = 2.0"], ":1: max_top_hits = 2.0 is not allowed: a whole number"),
        (["gap_timeout = nan"], ":1: gap_timeout = nan is not allowed"),
        (["gap_timeout = inf"], ":1: gap_timeout = inf is not allowed"),
        (["log_credentials = 1"], ":1: log_credentials = 1 is not allowed: true or false"),
        (["user = 2026-11-22"], ":1: user = datetime.date(2026, 11, 22) is not allowed: text"),
        (["statistics = 'request_rate'"], ":1: statistics = 'request_rate' is not allowed: names of files in stats/"),
        (["statistics = [1]"], ":1: statistics = (1,) is not allowed"),
        (["# one", "[alerts]", "average_threshold = 5"], ":2: no section 'alerts': settings have no sections"),
        (["", "timeout.x = 5"], ":2: no section 'timeout'"),
        (["timeout = 2", "timeout = 3"], ":2: not TOML: Cannot overwrite a value"),
        (["timeout = 2", "max_top_hits ="], ":2: not TOML: Invalid value"),
    ],
)
def test_each_error_is_one_line_with_file_and_line(write: Write, lines: list[str], error: str) -> None:
    named = write(*lines)
    with pytest.raises(SettingError) as caught:
        read(named, {}, KNOWN)
    assert str(caught.value).startswith(f"{named}{error}")
    assert "\n" not in str(caught.value)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"none\.toml cannot be read: No such file or directory$"):
        read(str(tmp_path / "none.toml"), {}, KNOWN)
    with pytest.raises(SettingError, match=r"cannot be read: Is a directory$"):
        read(str(tmp_path), {}, KNOWN)


def test_a_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes("user = 'änne'".encode("latin-1"))
    with pytest.raises(SettingError, match=r"latin\.toml is not UTF-8 text$"):
        read(str(tmp_path / "latin.toml"), {}, KNOWN)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "windows.toml").write_bytes(b"\xef\xbb\xbfmax_top_hits = 3\r\ntimeout = 1\r\n")
    assert read(str(tmp_path / "windows.toml"), {}, KNOWN) == {"max_top_hits": 3, "timeout": 1}


# Ownership ------------------------------------------------------------------------------------------------------------

root_only = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root reads but what it can believe"
)


def of_anna(path: str | Path) -> None:
    os.chown(path, ANNA, ANNA)


@root_only
def test_root_refuses_files_of_other_users(write: Write) -> None:
    named = write("timeout = 1")
    of_anna(named)
    with pytest.raises(
        SettingError,
        match=rf"is refused as root: .*mine\.toml belongs to user {ANNA} \(chown it to root, or run as that user\)",
    ):
        read(named, {}, KNOWN)
    with pytest.raises(SettingError, match="is refused as root"):
        read(named, {"SUDO_UID": "4002"}, KNOWN)


@root_only
def test_root_trusts_a_named_file_of_the_sudo_caller(write: Write) -> None:
    named = write("timeout = 1")
    of_anna(named)
    assert read(named, {"SUDO_UID": str(ANNA)}, KNOWN) == {"timeout": 1}


@root_only
def test_root_does_not_read_the_sudo_callers_default_file(tmp_path: Path) -> None:
    folder = tmp_path / "http-monitor"
    folder.mkdir()
    (folder / "config.toml").write_text("timeout = 1")
    of_anna(folder / "config.toml")
    environment: dict[str, Any] = {"XDG_CONFIG_HOME": str(tmp_path), "SUDO_UID": str(ANNA)}
    with pytest.raises(SettingError, match=r"is refused as root: .*; use --config for a file of your own$"):
        read(None, environment, KNOWN)


@root_only
def test_a_users_private_group_is_trusted(write: Write) -> None:
    named = write("timeout = 1")
    daemon = pwd.getpwnam("daemon")
    os.chown(named, daemon.pw_uid, daemon.pw_gid)
    os.chmod(named, 0o664)
    assert read(named, {"SUDO_UID": str(daemon.pw_uid)}, KNOWN) == {"timeout": 1}
    os.chown(named, daemon.pw_uid, pwd.getpwnam("nobody").pw_gid)
    with pytest.raises(SettingError, match="is writable by others"):
        read(named, {"SUDO_UID": str(daemon.pw_uid)}, KNOWN)


@root_only
@pytest.mark.parametrize("mode", [0o602, 0o620])
def test_root_refuses_files_writable_by_others(write: Write, mode: int) -> None:
    named = write("timeout = 1")
    os.chown(named, 0, ANNA)
    os.chmod(named, mode)
    with pytest.raises(SettingError, match=r"is writable by others \(chmod go-w\)$"):
        read(named, {}, KNOWN)


@root_only
@pytest.mark.parametrize("spoil", [lambda folder: os.chmod(folder, 0o777), of_anna], ids=["written", "owned"])
def test_root_refuses_files_that_others_can_replace(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "mine.toml").write_text("timeout = 1")
    assert read(str(inner / "mine.toml"), {}, KNOWN) == {"timeout": 1}
    spoil(tmp_path / "outer")
    with pytest.raises(SettingError, match=r"is refused as root: .*outer "):
        read(str(inner / "mine.toml"), {}, KNOWN)


@root_only
def test_a_link_is_trusted_like_its_target(write: Write, tmp_path: Path) -> None:
    named = write("timeout = 1")
    link = tmp_path / "link.toml"
    link.symlink_to(named)
    assert read(str(link), {}, KNOWN) == {"timeout": 1}
    (tmp_path / "annas").mkdir()
    of_anna(tmp_path / "annas")
    (tmp_path / "annas" / "link.toml").symlink_to(named)
    with pytest.raises(SettingError, match=r"is refused as root: .*annas belongs to"):
        read(str(tmp_path / "annas" / "link.toml"), {}, KNOWN)
    of_anna(named)
    with pytest.raises(SettingError, match=r"link\.toml is refused as root: .*mine\.toml belongs to"):
        read(str(link), {}, KNOWN)
