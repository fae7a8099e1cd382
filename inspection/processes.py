"""The monitor's handles of the processes that inspect. `inspection.nursery` has their other ends."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from detection.loading import DetectorError
from inspection.answer import LARGEST_ANSWER
from inspection.channel import Channel, Message
from inspection.nursery import ASKED, GROW, HIRED, LOADED, Load, stem
from inspection.terms import Terms
from inspection.worker import MARK

PATIENCE: Final = 10.0
"""Seconds for a nursery to make a worker."""
GRACE: Final = 2.0
"""Seconds for a nursery to end."""
_MARKS: Final = 2**16
"""Most bytes that wait in a pipe."""


class Stem:
    """The process that makes nurseries. It is forked before anything is open that it must not have."""

    def __init__(self, load: Load, terms: Terms, drop_rights: Callable[[], None] = lambda: None) -> None:
        """Fork it. No other thread may be running."""
        self._terms = terms
        self._connection, theirs = socket.socketpair()
        parent = os.getpid()
        self._process = os.fork()
        if not self._process:
            self._connection.close()
            stem(theirs, parent, drop_rights, load, terms)
        theirs.close()

    def nursery(self) -> "Nursery":
        """Return a new nursery, once it has loaded the inspectors.

        Raises:
            DetectorError: they cannot be loaded.
        """
        ours, theirs = socket.socketpair()
        try:
            socket.send_fds(self._connection, [GROW], [theirs.fileno()])
            theirs.close()
            answer = Channel(ours).receive()
        except OSError:
            answer = None
        if answer is None or answer.number != LOADED:
            ours.close()
            raise DetectorError(_refusal(answer))
        return Nursery(ours, self._terms.silence)

    def close(self) -> None:
        """End it, and with it all nurseries and their workers. A second call does nothing."""
        if self._process:
            self._connection.close()
            with suppress(ChildProcessError):
                os.waitpid(self._process, 0)
            self._process = 0


class Nursery:
    """A process that has loaded the inspectors, and makes workers."""

    def __init__(self, connection: socket.socket, silence: float) -> None:
        self._connection = connection
        connection.settimeout(PATIENCE)
        self._silence = silence
        self._turn = threading.Lock()

    def hire(self, former: "Worker | None" = None) -> "tuple[Worker, int]":
        """Return a new worker, and how the former one ended, as `os.waitstatus_to_exitcode`.

        Raises:
            OSError: there can be none.
        """
        ours, theirs = socket.socketpair()
        marks, written = os.pipe()
        try:
            with self._turn:
                asked = ASKED.pack(former.process if former is not None else 0)
                socket.send_fds(self._connection, [asked], [theirs.fileno(), written])
                answer = self._connection.recv(HIRED.size, socket.MSG_WAITALL)
        except OSError:
            answer = b""
            self._connection.close()  # what it answers later would be taken for the next answer
        finally:
            theirs.close()
            os.close(written)
        process, status = HIRED.unpack(answer) if len(answer) == HIRED.size else (0, 0)
        worker = Worker(process, ours, marks, self._silence)
        if not process:
            worker.close()
            raise OSError("no process can be made")
        return worker, status

    def close(self) -> None:
        """End it, and with it all its workers, and wait for that. A second call does nothing."""
        with suppress(OSError), self._turn:  # it has ended, or is closed
            self._connection.settimeout(GRACE)
            self._connection.shutdown(socket.SHUT_WR)
            while self._connection.recv(HIRED.size):
                pass
        self._connection.close()


class Worker:
    """A process that inspects."""

    def __init__(self, process: int, connection: socket.socket, marks: int, silence: float) -> None:
        self.process = process
        self._channel = Channel(connection, LARGEST_ANSWER)
        self._channel.wait_at_most(silence)
        self._marks = marks
        os.set_blocking(marks, False)

    def send(self, contents: bytes) -> None:
        """Hand over contents.

        Raises:
            OSError: it has ended, or does not read.
        """
        self._channel.send(0, contents)

    def receive(self) -> Message | None:
        """Return its next message, as `Channel.receive` does."""
        return self._channel.receive()

    def begun(self) -> int:
        """Return how many exchanges it has begun since the last call."""
        with suppress(BlockingIOError):
            return len(os.read(self._marks, _MARKS)) // len(MARK)
        return 0

    def close(self) -> None:
        """Let it end once it has finished what it does."""
        self._channel.close()
        os.close(self._marks)


def _refusal(answer: Message | None) -> str:
    if answer is None:
        return "detectors: the process that loads the inspectors has ended; see whether memory is short"
    return answer.body.decode("utf-8", "replace")
