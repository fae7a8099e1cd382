"""SIGHUP: read again what was read at the start. On a terminal, it means that the terminal is gone."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType


def obey_hangup(ask: Callable[[], None]) -> Callable[[], None]:
    """Call `ask` at SIGHUP, after those who asked for it before. The result undoes that, latest first."""
    has_terminal = any(os.isatty(number) for number in range(3))
    is_main = threading.current_thread() is threading.main_thread()
    if not hasattr(signal, "SIGHUP") or has_terminal or not is_main:
        return lambda: None
    former = signal.getsignal(signal.SIGHUP)

    def handle(number: int, frame: FrameType | None) -> None:
        if callable(former):
            former(number, frame)
        ask()

    signal.signal(signal.SIGHUP, handle)

    def undo() -> None:
        signal.signal(signal.SIGHUP, former)

    return undo
