"""Opens the files that arguments and settings name, with no more rights than whoever started the program has.

Under sudo that is the caller: the kernel checks every path, link and folder as it would for a program of the caller's
own. So somebody who may run only this program by sudo gains no file by it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from capture.errors import CaptureError
from capture.privileges import User, chosen_user, sudo_caller

_ANY_MODE: Final = 0o666
_OWNER_ONLY: Final = 0o700


class NamedFiles:
    """Opens files for `caller`, in a program that will become `user`. Without a caller, it opens them as root.

    Every file belongs to the caller then. Root gives its new files to the user instead; a file that was there keeps its
    owner, and a link that leads to no file creates none.
    """

    def __init__(self, caller: User | None, user: User | None) -> None:
        self._caller = caller
        self._user = user

    def open(self, path: str, flags: int, mode: int = _ANY_MODE) -> int:
        """Open a file as `os.open` does.

        Raises:
            OSError: there is no such file, or the caller may not open it.
            CaptureError: the system does not let the program act as the caller.
        """
        if self._caller is not None:
            with acting_as(self._caller):
                return os.open(path, flags, mode)
        if self._user is not None and flags & os.O_CREAT:
            return _open_as_root(path, flags, mode, self._user)
        return os.open(path, flags, mode)

    def make_folder(self, path: str) -> None:
        """Make a folder that only its owner can use, unless it is there. It belongs to the caller or the user.

        Raises:
            OSError: it cannot be made, or is a file.
            CaptureError: as in `open`.
        """
        if self._caller is not None:
            with acting_as(self._caller):
                _make_folder(path)
        elif _make_folder(path) and self._user is not None:
            os.chown(path, self._user.number, self._user.group, follow_symlinks=False)


def named_files(user: str, environment: Mapping[str, str] = os.environ) -> NamedFiles:
    """Return the opener for a program that will become the user of the setting `user`."""
    return NamedFiles(sudo_caller(environment), chosen_user(user, environment))


def _open_as_root(path: str, flags: int, mode: int, user: User) -> int:
    try:
        file = os.open(path, flags | os.O_EXCL, mode)
    except FileExistsError:
        if flags & os.O_EXCL:
            raise
        return os.open(path, flags & ~os.O_CREAT)
    try:
        os.fchown(file, user.number, user.group)
    except BaseException:
        os.close(file)
        raise
    return file


def _make_folder(path: str) -> bool:
    """Return whether the folder was made."""
    try:
        os.mkdir(path, _OWNER_ONLY)
    except FileExistsError:
        os.close(os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)))
        return False
    return True


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """Have only the rights of the user, and of the groups that user belongs to, until the block ends.

    This does not hold out against hostile code, which could take root back: the block must contain only our own.

    Raises:
        CaptureError: the system refuses.
    """
    groups, group = os.getgroups(), os.getegid()
    try:
        try:
            os.setgroups(_groups_of(user))
            os.setegid(user.group)
            os.seteuid(user.number)
        except OSError as reason:
            raise CaptureError(f"cannot open files with the rights of {user.name}: {reason.strerror}") from reason
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def _groups_of(user: User) -> list[int]:
    import pwd

    try:
        return os.getgrouplist(pwd.getpwuid(user.number).pw_name, user.group)
    except KeyError:
        return [user.group]
