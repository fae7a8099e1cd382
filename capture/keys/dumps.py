"""Keeps keys out of core dumps, and out of the reach of debuggers of the same user."""

import contextlib
import ctypes
import sys
from typing import Final

if sys.platform != "win32":
    import resource  # now: the user that the program becomes may not be able to read it

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h


def forbid_dumps() -> None:
    """Let the system write no core dump of this process, and let nobody but root look into its memory.

    Becoming another user may undo it, so this must be called after that.
    """
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError, ValueError):  # a filter of system calls refuses it
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, *(ctypes.c_ulong(0) for _ in range(4)))
