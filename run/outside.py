"""A process outside the lock-down: it is forked before, and does on request the one thing that the lock refuses.

It has the same dropped privileges, but none of our open files. It answers requests one at a time, ends when we do, and
must distrust them: a request may come from hostile code that took over the monitor.
"""

import os
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Final, NoReturn

from capture.leaving import leave_parent

LARGEST: Final = 2**28
"""Bytes of a request or an answer."""
_LENGTH: Final = struct.Struct("=I")


class Outside:
    """The process. `answer` gets each request; `cancel` stops it early, from another thread."""

    def __init__(self, answer: Callable[[bytes], bytes], cancel: Callable[[], None] = lambda: None) -> None:
        """Fork. No other thread may be running."""
        self._channel, theirs = socket.socketpair()
        self._turn = threading.Lock()
        self._closed = False
        self._child = os.fork()
        if not self._child:
            _serve(theirs, answer, cancel)
        theirs.close()

    def ask(self, request: bytes) -> bytes:
        """Send a request, and wait for the answer.

        Raises:
            OSError: the process has ended, or the request is too large.
        """
        if len(request) > LARGEST:
            raise OSError("too large")
        with self._turn:
            _send(self._channel, request)
            answer = _receive(self._channel)
        if answer is None:
            raise BrokenPipeError("the process outside the lock-down has ended")
        return answer

    def close(self) -> None:
        """Stop what it is doing, and wait for its end. This may be called twice, and while another thread asks."""
        if self._closed:
            return
        self._closed = True
        with suppress(OSError):  # it has ended by itself
            self._channel.shutdown(socket.SHUT_WR)
        with suppress(ChildProcessError):
            os.waitpid(self._child, 0)
        with self._turn:
            self._channel.close()


# in the child ---------------------------------------------------------------------------------------------------------


def _serve(channel: socket.socket, answer: Callable[[bytes], bytes], cancel: Callable[[], None]) -> NoReturn:
    """Answer until the other end is closed. Nothing of the parent's is cleaned up here: that is its job."""
    status = 1
    try:
        leave_parent(channel.fileno())
        requests: SimpleQueue[bytes | None] = SimpleQueue()
        threading.Thread(target=_read, args=(channel, requests, cancel), daemon=True).start()
        while (request := requests.get()) is not None:
            _send(channel, answer(request))
        status = 0
    except OSError:  # nobody waits for the answer any more
        status = 0
    finally:
        os._exit(status)


def _read(channel: socket.socket, requests: "SimpleQueue[bytes | None]", cancel: Callable[[], None]) -> None:
    with suppress(OSError):
        while (request := _receive(channel)) is not None:
            requests.put(request)
    cancel()
    requests.put(None)


# on the channel -------------------------------------------------------------------------------------------------------


def _send(channel: socket.socket, message: bytes) -> None:
    channel.sendall(_LENGTH.pack(len(message)) + message)


def _receive(channel: socket.socket) -> bytes | None:
    """Return the next message; None at the end."""
    head = _exactly(channel, _LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > LARGEST:
        return None
    message = _exactly(channel, length)
    return message if len(message) == length else None


def _exactly(channel: socket.socket, length: int) -> bytes:
    """Read `length` bytes; fewer at the end."""
    parts = bytearray()
    while len(parts) < length and (part := channel.recv(min(length - len(parts), 2**16))):
        parts += part
    return bytes(parts)
