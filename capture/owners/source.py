"""Where the monitor gets the owners of connections from: a helper process that keeps the rights to look them up."""

import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from capture.owners.allowance import Allowance
from capture.owners.messages import LONGEST, MOST_ASKED, Answer, MalformedMessage, answer_in, question
from capture.owners.owner import Ends, Listeners, Owner, printable
from capture.ports import Ports
from capture.privileges import User

ROOT: Final = Path(__file__).resolve().parent.parent.parent
"""The folder in which the helper finds the modules of the program."""
MOST_MESSAGES: Final = 32
"""Answers taken at a time."""
GRACE: Final = 1.0
"""Seconds for the helper to end."""
SHORT_GRACE: Final = 0.1
"""Seconds for it to end while packets wait for us."""
QUESTIONS: Final = 500
"""Connections asked for each second; as many at once."""
_ISOLATED: Final = ("-I", "-S", "-c")
"""Nothing of the environment, and no package, is loaded with the rights of the helper."""
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); from capture.owners.helper import main; sys.exit(main(sys.argv[2:]))"
)
_QUESTIONS_BUFFER: Final = 2**16
_ANSWERS_BUFFER: Final = 2**20


class TakesOwners(Protocol):
    """A decoder that attaches owners to exchanges."""

    def asked_owners(self, most: int) -> Sequence[tuple[str, int, str, int]]:
        """Return at most so many connections whose owners are to be found, client first."""

    def set_owners(self, owners: Sequence[Any], connections: Sequence[Any]) -> None:
        """Learn the owners of connections: their ends, the time, and the place of the owner in `owners`."""

    def set_listeners(self, owners: Sequence[Any], local: Sequence[Any], listeners: Sequence[Any]) -> None:
        """Replace the addresses of this host, and the sockets that listen there."""


class OwnerSource:
    """The helper process."""

    def __init__(self, interface: str, ports: Ports, *, others: bool, user: User | None) -> None:
        """Start the helper. `others` says whether it looks into other networks of this host; it becomes `user`.

        Raises:
            OSError: It cannot be started.
        """
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _QUESTIONS_BUFFER)
        its.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ANSWERS_BUFFER)
        arguments = [str(its.fileno()), interface, str(ports), "all" if others else "host"]
        if user is not None:
            arguments += [user.name, str(user.number), str(user.group)]
        with its:
            self._process = subprocess.Popen(
                [sys.executable, *_ISOLATED, _START, str(ROOT), *arguments],
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        assert self._process.stderr is not None
        self._complaints = self._process.stderr
        ours.setblocking(False)
        self._channel: socket.socket | None = ours
        self._questions = Allowance(QUESTIONS, QUESTIONS)
        self.warning = ""
        """A sentence once the helper has ended by itself; empty before."""

    def serve(self, decoder: TakesOwners, packet_time: Callable[[float], float]) -> None:
        """Ask for the owners that the decoder wants to know, and tell it those that were found; it never waits.

        `packet_time` turns a time of this system's clock into one of packets.
        """
        if self._channel is None:
            return
        try:
            self._ask(self._channel, decoder)
            for _ in range(MOST_MESSAGES):
                message = self._channel.recv(LONGEST)
                if not message:
                    raise ConnectionError
                _tell(decoder, answer_in(message), packet_time)
        except BlockingIOError:
            return
        except (OSError, MalformedMessage):
            self.warning = f"owners of new connections are unknown: {self._ended(SHORT_GRACE)}"

    def close(self) -> None:
        """End the helper."""
        if self._channel is not None:
            self._ended(GRACE)

    def _ended(self, grace: float) -> str:
        """End the helper, wait for that for at most `grace` seconds, and return why it has ended by itself."""
        assert self._channel is not None
        self._channel.close()
        self._channel = None
        said = b""
        with self._complaints:
            try:
                self._process.wait(grace)
                said = self._complaints.read(1000)
            except subprocess.TimeoutExpired:
                with suppress(PermissionError):  # it may have another user than we have by now
                    self._process.kill()
        reason = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return printable(reason) or "the process that looks them up has ended"

    def _ask(self, channel: socket.socket, decoder: TakesOwners) -> None:
        """Ask for owners. While the helper is busy, it is not kept waiting for."""
        asked = decoder.asked_owners(min(MOST_ASKED, max(0, int(self._questions.left()))))
        if asked:
            self._questions.use(len(asked))
            with suppress(BlockingIOError):
                channel.send(question(Ends(*ends) for ends in asked))


def _tell(decoder: TakesOwners, answer: Answer, packet_time: Callable[[float], float]) -> None:
    owners: dict[Owner, int] = {}

    def place(owner: Owner) -> int:
        return owners.setdefault(owner, len(owners))

    connections = [(*found.ends, packet_time(found.time), place(found.owner)) for found in answer.connections]
    if connections:
        decoder.set_owners(list(owners), connections)
    if answer.listeners is not None:
        _tell_listeners(decoder, answer.listeners)


def _tell_listeners(decoder: TakesOwners, listeners: Listeners) -> None:
    owners: dict[Owner, int] = {}
    sockets = [(*one[:4], owners.setdefault(one.owner, len(owners))) for one in listeners.sockets]
    decoder.set_listeners(list(owners), listeners.local, sockets)
