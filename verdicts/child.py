"""The agent as a child process of a front in this program: it listens on a Unix socket in a folder of its own. An edge.

Connections are refused until the child has loaded its rules, and when it has ended: what is asked then is undecided. A
front needs deadlines of its own all the same, as for every agent.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from verdicts.listening import Place, bound

GRACE: Final = 5.0
"""Seconds for the child to answer what was asked, and to end."""
_SOCKET: Final = "verdicts.sock"
_PROGRAM: Final = Path(__file__).resolve().parent.parent / "exercise.py"


class AgentProcess:
    """A running agent, which ends when this process does, however that happens."""

    def __init__(self, path: str, arguments: Sequence[str] = ()) -> None:
        """Start it with arguments of `exercise.py answer`, but for where it listens: on a Unix socket at `path`, alone
        in its folder. It drops its rights as the command does.

        Raises:
            OSError: it cannot be started.
        """
        self.path = path
        """The Unix socket on which it answers SPOE."""
        self.arguments = arguments
        self._process, self._lifeline = _started(path, arguments)

    @property
    def process(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs. If it cannot load its rules, it has said so on standard error."""
        return self._process.poll()

    def wait(self) -> None:
        """Wait for its end."""
        self._process.wait()

    def stop(self) -> None:
        """End it, once it has answered what was asked, and remove its folder. A second call does nothing."""
        self._lifeline.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(Path(self.path).parent, ignore_errors=True)


def start_agent(arguments: Sequence[str] = (), owner: tuple[int, int] | None = None) -> AgentProcess:
    """Start an agent in a new folder. `owner` is user and group of those who may ask; otherwise this process and its
    user only.

    Raises:
        OSError: it cannot be started.
    """
    folder = tempfile.mkdtemp(prefix="http-monitor-")
    try:
        if owner is not None:
            os.chown(folder, *owner)
        return AgentProcess(str(Path(folder) / _SOCKET), arguments)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _started(path: str, arguments: Sequence[str]) -> tuple["subprocess.Popen[bytes]", socket.socket]:
    """Start the process, and return it with a socket whose end it takes for the end of its parent."""
    ours, theirs = socket.socketpair()
    with bound(Place(path=path)) as made, theirs:
        files = (made.fileno(), theirs.fileno())
        where = ("--spoe", f"fd:{files[0]}", "--parent", str(files[1]))
        command = (sys.executable, str(_PROGRAM), "answer", *where, *arguments)
        try:
            return subprocess.Popen(command, pass_fds=files, stdin=subprocess.DEVNULL), ours
        except OSError:
            ours.close()
            raise
