"""The processes behind the workers, as forks of the monitor: a *stem* without rights, which forks a *nursery* for each
time that the inspectors are loaded, which forks the workers.

So workers are replaced in milliseconds, without loading anything, and a nursery can be replaced while the monitor is
locked down. Neither sees traffic. Each ends when the process before it does, however that ends.
"""

import gc
import os
import signal
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NoReturn

from capture.errors import CaptureError
from capture.leaving import leave_parent
from detection.inspector import Inspector
from detection.loading import DetectorError
from inspection.channel import Channel
from inspection.terms import Terms
from inspection.worker import end_with_parent, work

LOADED: Final = 0
REFUSED: Final = 1
"""What a nursery tells first: that the inspectors are loaded, or why not."""
ASKED: Final = struct.Struct("=i")
"""A request for a worker: the process that it replaces, or 0. With it come its socket and its pipe for marks."""
HIRED: Final = struct.Struct("=ii")
"""The answer: the new process (0: none could be made), and how the old one ended, as `os.waitstatus_to_exitcode`."""
GROW: Final = b"n"
"""A request for a nursery. With it comes its socket."""
_LONGEST_LINE: Final = 2_000
_FATAL: Final = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)
"""Signals that end a process. A handler that a library of the monitor has set might keep a crashed worker waiting."""

Load = Callable[[], Sequence[Inspector]]


def stem(connection: socket.socket, parent: int, drop_rights: Callable[[], None], load: Load, terms: Terms) -> NoReturn:
    """Fork nurseries, until the other end is closed. It does not return."""
    try:
        leave_parent(connection.fileno())
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # unlike a function, a library cannot be interrupted
        for number in _FATAL:
            signal.signal(number, signal.SIG_DFL)
        drop_rights()
        end_with_parent(b"http-inspection", parent)
        _grow(connection, load, terms)
    except (OSError, CaptureError):  # who asks is told so by the end of the connection
        pass
    finally:
        os._exit(0)


def _grow(connection: socket.socket, load: Load, terms: Terms) -> None:
    own, nurseries = os.getpid(), set[int]()
    while True:
        message, files, _, _ = socket.recv_fds(connection, len(GROW), 1)
        if not message:
            break
        nurseries = set(filter(_is_there, nurseries))
        process = os.fork()
        if not process:
            connection.close()
            nursery(socket.socket(fileno=files[0]), own, load, terms)
        nurseries.add(process)
        os.close(files[0])
    for process in nurseries:
        _ended(process)


def nursery(connection: socket.socket, parent: int, load: Load, terms: Terms) -> NoReturn:
    """Load the inspectors, and fork workers, until the other end is closed. It does not return."""
    try:
        end_with_parent(b"http-nursery", parent)
        inspectors = _loaded(Channel(connection), load)
        gc.collect()
        gc.freeze()  # so that workers share memory
        if inspectors is not None:
            _bring_up(connection, inspectors, terms)
    except OSError:
        pass
    finally:
        os._exit(0)


def _bring_up(connection: socket.socket, inspectors: Sequence[Inspector], terms: Terms) -> None:
    workers = set[int]()
    while True:
        message, files, _, _ = socket.recv_fds(connection, ASKED.size, 2)
        if len(message) < ASKED.size:
            break
        (former,) = ASKED.unpack(message)
        workers.discard(former)
        status = _ended(former)
        process = _forked(connection, files, inspectors, terms)
        workers.add(process)
        for file in files:
            os.close(file)
        connection.sendall(HIRED.pack(process, status))
    for process in workers:
        _ended(process)


def _loaded(channel: Channel, load: Load) -> Sequence[Inspector] | None:
    """Load the inspectors, and tell the monitor. None if they cannot be loaded."""
    try:
        inspectors = load()
    except DetectorError as error:
        channel.send(REFUSED, str(error)[:_LONGEST_LINE].encode("utf-8", "replace"))
        return None
    channel.send(LOADED)
    return inspectors


def _forked(connection: socket.socket, files: Sequence[int], inspectors: Sequence[Inspector], terms: Terms) -> int:
    """Return the number of a new worker; 0 if the system refuses."""
    own = os.getpid()
    try:
        process = os.fork()
    except OSError:
        return 0
    if not process:
        connection.close()
        end_with_parent(b"http-inspector", own)
        work(socket.socket(fileno=files[0]), files[1], inspectors, terms)
    return process


def _ended(process: int) -> int:
    """End a worker, unless it has ended, and return how it did."""
    if not process:
        return 0
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)


def _is_there(process: int) -> bool:
    """Return whether a child has not ended."""
    return os.waitpid(process, os.WNOHANG) == (0, 0)
