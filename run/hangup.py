"""SIGHUP has files read again, unless it means that the terminal is gone."""

import os
import signal
import threading
from collections.abc import Callable


def at_hangup(action: Callable[[], None]) -> Callable[[], None]:
    """Let SIGHUP call `action`, besides what it called before. Return a function that ends that.

    Nothing changes on a terminal, where SIGHUP ends the program, in another thread, or where there is no such signal.
    """
    has_terminal = any(os.isatty(number) for number in range(3))
    if not hasattr(signal, "SIGHUP") or has_terminal or threading.current_thread() is not threading.main_thread():
        return lambda: None
    former = signal.getsignal(signal.SIGHUP)

    def handle(number: int, frame: object) -> None:
        action()
        if callable(former):
            former(number, frame)  # type: ignore[arg-type]  # a handler ignores its frame

    signal.signal(signal.SIGHUP, handle)
    return lambda: _restore(former)


def _restore(former: object) -> None:
    signal.signal(signal.SIGHUP, former)  # type: ignore[arg-type]  # it is what signal.getsignal returned
