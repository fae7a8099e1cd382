"""Files that the user names are opened with the user's own rights: nobody gains a file of root by the program."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sudo_caller import CALLER, as_root, folder_of, folder_of_root

from capture.named_files import NamedFiles, acting_as
from capture.privileges import User

pytestmark = as_root
WRITTEN = (os.O_WRONLY | os.O_CREAT | os.O_APPEND, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, os.O_WRONLY)
OTHER = User("daemon", 4003, 4004)
TEXT = "root:x:0:0:root:/root:/bin/bash\n"
Route = Callable[[Path, Path], Path]


@pytest.fixture
def home() -> Iterator[Path]:
    with folder_of(CALLER) as path:
        yield path


@pytest.fixture
def etc() -> Iterator[Path]:
    with folder_of_root() as path:
        (path / "passwd").write_text(TEXT)
        yield path


def itself(home: Path, target: Path) -> Path:
    return target


def symbolic_link(home: Path, target: Path) -> Path:
    (home / "link").symlink_to(target)
    return home / "link"


def hard_link(home: Path, target: Path) -> Path:
    os.link(target, home / "link")
    return home / "link"


def folder_that_is_a_link(home: Path, target: Path) -> Path:
    (home / "folder").symlink_to(target.parent)
    return home / "folder" / target.name


@pytest.mark.parametrize("flags", WRITTEN, ids=["append", "truncate", "open"])
@pytest.mark.parametrize("route", [itself, symbolic_link, hard_link, folder_that_is_a_link])
def test_the_sudo_caller_cannot_open_a_file_of_root(route: Route, flags: int, home: Path, etc: Path) -> None:
    path = route(home, etc / "passwd")
    with pytest.raises(PermissionError):
        NamedFiles(CALLER, CALLER).open(str(path), flags)
    found = (etc / "passwd").stat()
    assert (found.st_uid, (etc / "passwd").read_text()) == (0, TEXT)


@pytest.mark.parametrize("route", [itself, symbolic_link, folder_that_is_a_link])
def test_the_sudo_caller_cannot_create_a_file_in_a_folder_of_root(route: Route, home: Path, etc: Path) -> None:
    with pytest.raises(PermissionError):
        NamedFiles(CALLER, CALLER).open(str(route(home, etc / "new")), os.O_WRONLY | os.O_CREAT)
    assert os.listdir(etc) == ["passwd"]


def test_the_sudo_caller_cannot_read_a_secret_of_root(etc: Path) -> None:
    (etc / "shadow").write_text("secret")
    (etc / "shadow").chmod(0o600)
    with pytest.raises(PermissionError):
        NamedFiles(CALLER, CALLER).open(str(etc / "shadow"), os.O_RDONLY)


@pytest.mark.parametrize("user", [CALLER, OTHER, None], ids=["caller", "another user", "root"])
def test_a_new_file_of_the_sudo_caller_is_the_callers(user: User | None, home: Path) -> None:
    os.close(NamedFiles(CALLER, user).open(str(home / "new"), os.O_WRONLY | os.O_CREAT, 0o600))
    found = (home / "new").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (CALLER.number, CALLER.group, 0o600)


def test_a_file_of_root_that_the_caller_may_write_to_stays_roots(home: Path) -> None:
    (home / "shared").touch()
    (home / "shared").chmod(0o666)
    os.close(NamedFiles(CALLER, CALLER).open(str(home / "shared"), os.O_WRONLY | os.O_CREAT))
    assert (home / "shared").stat().st_uid == 0


def test_without_sudo_a_new_file_belongs_to_the_new_user(etc: Path) -> None:
    os.close(NamedFiles(None, OTHER).open(str(etc / "new"), os.O_WRONLY | os.O_CREAT))
    assert ((etc / "new").stat().st_uid, (etc / "new").stat().st_gid) == (OTHER.number, OTHER.group)


@pytest.mark.parametrize("route", [itself, symbolic_link, hard_link, folder_that_is_a_link])
def test_without_sudo_a_file_that_was_there_keeps_its_owner(route: Route, home: Path, etc: Path) -> None:
    os.close(NamedFiles(None, OTHER).open(str(route(home, etc / "passwd")), os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    assert (etc / "passwd").stat().st_uid == 0


def test_without_sudo_a_link_that_leads_nowhere_creates_no_file(home: Path, etc: Path) -> None:
    with pytest.raises(FileNotFoundError):
        NamedFiles(None, OTHER).open(str(symbolic_link(home, etc / "new")), os.O_WRONLY | os.O_CREAT)
    assert os.listdir(etc) == ["passwd"]


def test_rights_of_root_return_after_the_block_and_after_an_error() -> None:
    before = (os.geteuid(), os.getegid(), os.getgroups())
    with acting_as(CALLER):
        assert (os.geteuid(), os.getegid(), os.getgroups()) == (CALLER.number, CALLER.group, [CALLER.group])
    assert (os.geteuid(), os.getegid(), os.getgroups()) == before
    with pytest.raises(PermissionError), acting_as(CALLER):
        Path("/proc/1/mem").read_bytes()
    assert (os.geteuid(), os.getegid(), os.getgroups()) == before
