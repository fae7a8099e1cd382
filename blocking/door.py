"""A Unix socket through which the user who runs the monitor, and root, ask about blocks and lift them.

A request and its answer are one line of JSON each. Nobody waits for a slow client.
"""

import json
import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

PREFIX: Final = "blocks-"
SUFFIX: Final = ".sock"
LARGEST: Final = 4096
"""Bytes of a request."""
_PATIENCE: Final = 0.2
"""Seconds to wait for a request, and for its answer to be taken."""
_AT_ONCE: Final = 8
_CREDENTIALS: Final = struct.Struct("3i")

Answers = Callable[[dict[str, Any]], dict[str, Any]]


class Door:
    """The socket, in a folder of the user's."""

    def __init__(self, folder: Path) -> None:
        """Make it. Sockets that ended monitors left there go.

        Raises:
            OSError: it cannot be made.
        """
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

    def serve(self, answer: Answers) -> None:
        """Answer those who have asked."""
        for _ in range(_AT_ONCE):
            try:
                channel, _ = self._socket.accept()
            except OSError:  # nobody else, or one that has left
                return
            with channel, suppress(OSError, ValueError, RecursionError):
                channel.settimeout(_PATIENCE)
                if _may(channel) and isinstance(asked := json.loads(_line(channel)), dict):
                    channel.sendall((json.dumps(answer(asked)) + "\n").encode("ascii"))

    def close(self) -> None:
        """Remove it."""
        self._socket.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def sockets(folder: Path) -> list[Path]:
    """Return the sockets of monitors in a folder."""
    try:
        return sorted(folder.glob(f"{PREFIX}*{SUFFIX}"))
    except OSError:
        return []


def ask(path: Path, request: dict[str, Any], timeout: float) -> dict[str, Any]:
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
