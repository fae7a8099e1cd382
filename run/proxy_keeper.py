"""A process that keeps the rights of the start for what the proxy cannot do without them, and nothing else: reading its
certificates again, starting its agent again when that has ended, and removing the folder of the agent's socket.
"""

import os
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from proxy.certificates import CertificateFiles, Certificates, answer, answered
from run.outside import Outside
from verdicts.child import AgentProcess

PAUSE: Final = 5.0
"""Least seconds between two starts of the agent, whoever asks."""
_READ: Final = b"read"
_AGENT: Final = b"agent"


class Keeper:
    """The process. It is forked before rights are dropped, and ends with us."""

    def __init__(self, files: CertificateFiles, agent: AgentProcess | None) -> None:
        """`agent` is the one that was started first, if there is one; its folder is removed at the end."""
        self._outside = Outside(_Kept(files, agent).do)

    def certificates(self) -> Certificates:
        """Return what the files contain now.

        Raises:
            OSError: one cannot be read, or the process has ended.
        """
        return answered(self._outside.ask(_READ))

    def agent(self) -> int:
        """Return the number of the running agent, which is started again if it has ended.

        Raises:
            OSError: it cannot be started, or the process has ended.
        """
        if number := self._outside.ask(_AGENT):
            return int(number)
        raise ChildProcessError("the agent cannot be started")

    def close(self) -> None:
        """Have an agent that was started again ended, and the folder removed, and wait for the end of the process."""
        with suppress(OSError):
            self._outside.ask(b"")
        self._outside.close()


def alive(process: int) -> bool:
    """Return whether a process runs, of whichever user."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it has not dropped its rights yet
        pass
    return True


class _Kept:
    """What the process does. A request names no more than what to do, since the monitor may be in wrong hands."""

    def __init__(self, files: CertificateFiles, first: AgentProcess | None) -> None:
        self._files = files
        self._first = first
        self._number = first.process if first is not None else 0
        self._again: AgentProcess | None = None
        """The agent that was started again. The first one is a child of the monitor, and none of its files is ours."""
        self._tried = -PAUSE

    def do(self, request: bytes) -> bytes:
        """Do what is asked for, and return the answer."""
        if request == _READ:
            return answer(self._files)
        if request == _AGENT:
            return self._running()
        if self._again is not None:
            self._again.stop()
        elif self._first is not None:
            shutil.rmtree(Path(self._first.path).parent, ignore_errors=True)
        return b""

    def _running(self) -> bytes:
        """Return the number of the running agent, started again if need be; nothing if that failed."""
        if self._first is not None and not alive(self._number) and time.monotonic() >= self._tried + PAUSE:
            self._tried = time.monotonic()
            with suppress(OSError):
                self._again = AgentProcess(self._first.path, self._first.arguments)
                self._number = self._again.process
                threading.Thread(target=self._again.wait, daemon=True).start()  # an ended child is no process any more
        return str(self._number).encode() if alive(self._number) else b""
