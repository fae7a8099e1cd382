"""The process that looks up owners, which `source` starts before rights are dropped.

It keeps only the capabilities that looking needs, and becomes nobody otherwise. It parses no packets but the fixed
headers of SYNs that this host sends. It ends when the monitor does, because its input ends then.
"""

import ctypes
import select
import socket
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from capture.owners.allowance import Allowance
from capture.owners.containers import Containers
from capture.owners.control_groups import ControlGroups
from capture.owners.messages import LONGEST, Answer, MalformedMessage, answered, asked_in
from capture.owners.networks import Networks
from capture.owners.owner import Ends, Listeners
from capture.owners.processes import Processes
from capture.owners.resolver import Resolver
from capture.owners.rights import needed
from capture.owners.syns import Syns
from capture.ports import Ports, parse_ports
from capture.privileges import User, keep_only

SHARE: Final = 0.05
"""Part of one core that this process may use."""
MOST_TIME: Final = 0.3
"""Seconds of it that it may use at once, after a pause."""
PERIOD: Final = 1.0
"""Seconds between looks at the sockets that listen."""
_PR_SET_NAME: Final = 15
_NAME: Final = b"http-owners"


class Helper:
    """Answers the monitor over a socket, until that ends."""

    def __init__(self, channel: socket.socket, resolver: Resolver, syns: Syns | None) -> None:
        self._channel = channel
        self._resolver = resolver
        self._syns = syns
        self._told: Listeners | None = None
        self._due = 0.0
        self._time = Allowance(SHARE, MOST_TIME)
        channel.setblocking(False)

    def run(self) -> None:
        """Serve until the monitor is gone. With too much to do, rest: what waits meanwhile is lost to us, and counted
        by the monitor.
        """
        while self._serve():
            if pause := self._time.pause():
                time.sleep(pause)
                self._forget()

    def _serve(self) -> bool:
        """Wait for something to do, and do it; return whether the monitor is there."""
        sources: list[socket.socket | Syns] = [self._channel, *([self._syns] if self._syns is not None else [])]
        ready, _, _ = select.select(sources, [], [], max(0.0, self._due - time.monotonic()))
        started = time.process_time()
        if self._syns is not None and self._syns in ready:
            self._look_up(self._syns.read())
        present = self._channel not in ready or self._answer()
        if present and time.monotonic() >= self._due:
            self._due = time.monotonic() + PERIOD
            self._report(self._resolver.refresh())
        self._time.use(time.process_time() - started)
        return present

    def _answer(self) -> bool:
        """Answer a question; return whether the monitor is there."""
        try:
            message = self._channel.recv(LONGEST)
        except BlockingIOError:
            return True
        with suppress(MalformedMessage):
            self._look_up(asked_in(message) if message else ())
        return bool(message)

    def _forget(self) -> None:
        """Discard what has waited: those connections may be gone."""
        if self._syns is not None:
            self._syns.forget()
        with suppress(BlockingIOError):
            while self._channel.recv(LONGEST):
                pass

    def _look_up(self, asked: Iterable[Ends]) -> None:
        found = self._resolver.owners(asked)
        if found:
            self._tell(Answer(tuple(found)))

    def _report(self, listeners: Listeners) -> None:
        """Tell who listens, if that has changed."""
        if listeners != self._told and self._tell(Answer(listeners=listeners)):
            self._told = listeners

    def _tell(self, answer: Answer) -> bool:
        """Send an answer; return whether the monitor takes it. While it is busy, it is not kept waiting for."""
        message = answered(answer)
        if len(message) > LONGEST:
            return all(self._tell(part) for part in answer.parts())
        try:
            self._channel.send(message)
        except BlockingIOError:
            return False
        return True


def served(channel: socket.socket, interface: str, ports: Ports, others: bool, user: User | None) -> None:
    """Open everything, drop the rights that are not needed, and serve.

    Raises:
        OSError: The kernel does not tell sockets, or rights cannot be dropped.
    """
    try:
        syns: Syns | None = Syns(interface, ports)
    except OSError:
        syns = None  # connections are looked up when the capture sees them
    keep_only(needed(others=others), user)
    resolver = Resolver(Networks(others=others), Processes(), Containers(), ControlGroups(), ports)
    Helper(channel, resolver, syns).run()


def main(arguments: list[str]) -> int:
    """Serve on a socket with an inherited descriptor. A failure is one line on standard error."""
    descriptor, interface, ports, others, *user = arguments
    ctypes.CDLL(None).prctl(_PR_SET_NAME, _NAME)
    become = User(user[0], int(user[1]), int(user[2])) if user else None
    try:
        channel = socket.socket(fileno=int(descriptor))
        served(channel, interface, parse_ports(ports), others == "all", become)
    except (ConnectionError, BrokenPipeError):
        return 0  # the monitor is gone
    except OSError as reason:
        print(reason.strerror or reason, file=sys.stderr)
        return 1
    return 0
