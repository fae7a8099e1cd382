"""A Unix socket through which the user who runs the monitor, and root, give it commands.

A request and its answer are one line of JSON each. Nobody waits for a slow client.
"""

import json
import os
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

from capture.privileges import User
from cli.build import PROGRAM
from cli.history_file import make_ready

PREFIX: Final = "monitor-"
SUFFIX: Final = ".sock"
LARGEST: Final = 4096
"""Bytes of a request."""
_PATIENCE: Final = 0.2
"""Seconds to wait for a request, and for its answer to be taken."""
_AT_ONCE: Final = 8
_CREDENTIALS: Final = struct.Struct("3i")

Request = dict[str, Any]
"""What is asked: `about` which part of the monitor, a `command`, and what it needs."""
Answer = dict[str, Any]
Answers = Callable[[Request], Answer]
NOBODY: Final = "nobody"
"""In an answer: what was asked about is not part of this monitor."""


class Door:
    """The socket, in a folder of the user's. Each part of the monitor that takes commands answers for itself."""

    def __init__(self, folder: Path) -> None:
        """Make it. Sockets that ended monitors left there go.

        Raises:
            OSError: it cannot be made.
        """
        self._answers: dict[str, Answers] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in sockets(folder):
            if not _is_alive(left):
                left.unlink(missing_ok=True)
        self.path = folder / f"{PREFIX}{os.getpid()}{SUFFIX}"
        self.path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            mask = os.umask(0o177)
            try:
                self._socket.bind(str(self.path))
            finally:
                os.umask(mask)
            self._socket.listen(_AT_ONCE)
            self._socket.setblocking(False)
        except BaseException:
            self._socket.close()
            raise

    def answer(self, about: str, answers: Answers) -> None:
        """Have requests about a part of the monitor answered."""
        self._answers[about] = answers

    def serve(self) -> None:
        """Answer those who have asked."""
        for _ in range(_AT_ONCE):
            try:
                channel, _ = self._socket.accept()
            except OSError:  # nobody else, or one that has left
                return
            with channel, suppress(OSError, ValueError, RecursionError):
                channel.settimeout(_PATIENCE)
                if _may(channel) and isinstance(asked := json.loads(_line(channel)), dict):
                    channel.sendall((json.dumps(self._answered(asked)) + "\n").encode("ascii"))

    def _answered(self, asked: Request) -> Answer:
        answers = self._answers.get(str(asked.get("about")))
        return {NOBODY: True} if answers is None else answers(asked)

    def close(self) -> None:
        """Remove it."""
        self._socket.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def prepare_door(folder: Path, user: User | None, *, live: bool) -> None:
    """As root, make the folder of a service for the user who will have the socket there."""
    if live:
        make_ready(folder / "socket", user)


def open_door(folder: Path, stack: ExitStack, *, live: bool, told: bool) -> Door | None:
    """Let the user's commands in until the stack ends, if the run is `live` and the system has such sockets. Without a
    folder for the socket there are none, which the user is `told`.
    """
    if not live or not hasattr(socket, "AF_UNIX"):
        return None
    try:
        door = Door(folder)
    except OSError as error:
        if told:
            print(f"{PROGRAM}: takes no commands: {folder}: {error.strerror or error}", file=sys.stderr)
        return None
    stack.callback(door.close)
    return door


def sockets(folder: Path) -> list[Path]:
    """Return the sockets of monitors in a folder."""
    try:
        return sorted(folder.glob(f"{PREFIX}*{SUFFIX}"))
    except OSError:
        return []


def nowhere(folder: Path) -> str:
    """Say why there may be no socket, and what helps."""
    why = f"no socket in {folder}; try as root, or with --user"
    return f"{why}. A monitor that cannot write there says so with --verbose"


def ask(path: Path, request: Request, timeout: float) -> Answer:
    """Ask the monitor with this socket.

    Raises:
        OSError: it is gone, or it does not answer.
    """
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(timeout)
        channel.connect(str(path))
        channel.sendall((json.dumps(request) + "\n").encode("ascii"))
        answer = bytearray()
        while part := channel.recv(2**16):
            answer += part
    try:
        told = json.loads(answer)
    except ValueError:
        raise ConnectionError("it gave no answer") from None
    return told if isinstance(told, dict) else {}


def _line(channel: socket.socket) -> bytes:
    read = bytearray()
    while b"\n" not in read and len(read) < LARGEST and (part := channel.recv(LARGEST)):
        read += part
    return bytes(read)


def _may(channel: socket.socket) -> bool:
    """Return whether root or our own user asks; the folder and the mode of the socket say so too (unix(7))."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, user, _ = _CREDENTIALS.unpack(channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return user in (0, os.geteuid())


def _is_alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(_PATIENCE)
        try:
            channel.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True
