"""Makes a forked process one of its own: it leaves the terminal, and gives up everything that its parent has open."""

import os
import signal
from typing import Final

MOST_FILES: Final = 2**20
"""Files that a process may have open on usual systems, whatever its limit says."""
_OUTLIVED: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
"""Signals that are sent to all processes of a terminal or service. Only our end ends the process."""


def leave_parent(kept: int) -> None:
    """Leave the terminal, and close everything the parent has open but `kept`; standard streams lead nowhere."""
    os.setsid()
    for name in _OUTLIVED:
        signal.signal(getattr(signal, name), lambda *_: None)  # programs that we start do not inherit this
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    os.closerange(3, kept)
    os.closerange(kept + 1, _limit())  # after a change of user, /proc/self/fd cannot be read


def _limit() -> int:
    """Return the number after the highest that an open file can have."""
    limit = os.sysconf("SC_OPEN_MAX")
    return limit if 0 < limit < MOST_FILES else MOST_FILES
