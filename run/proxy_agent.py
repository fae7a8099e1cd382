"""The agent that runs the rules for the proxy, and its life: it is started again when it has ended."""

import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import Final

from capture.errors import CaptureError
from cli.build import PROGRAM
from run.proxy_keeper import PAUSE, Keeper, alive
from verdicts.child import AgentProcess

LONGEST_START: Final = 20.0
"""Seconds that an agent has to load its rules before clients are let in."""
_PAUSE: Final = 0.05
_LOOK: Final = 1.0
"""Seconds between two looks whether it runs."""


class TendedAgent:
    """The agent. `first` was started with the rights of the start, and `keeper` has them still."""

    def __init__(self, first: AgentProcess, keeper: Keeper) -> None:
        self._first = first
        self._keeper = keeper
        self._process = first.process
        self._ends = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._tend, name="agent", daemon=True)

    def start(self) -> None:
        """Wait until it answers, or for as long as rules may take to load; from then on, look after it.

        Raises:
            CaptureError: it has ended; it has said why.
        """
        self._await_rules()
        self._thread.start()

    def _await_rules(self) -> None:
        end = time.monotonic() + LONGEST_START
        while time.monotonic() < end:
            if self._first.status is not None:
                raise CaptureError("the agent that runs the rules of --crs has ended")
            with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
                probe.connect(self._first.path)
                return
            time.sleep(_PAUSE)
        print(
            f"{PROGRAM}: the agent that runs the rules of --crs is not ready; requests have no verdict",
            file=sys.stderr,
        )

    @property
    def runs(self) -> bool:
        """Whether it runs; its rules may still be loading."""
        return alive(self._process) if self._ends else self._first.status is None

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence, once it has ended."""
        if not self._stopped.is_set() and not self.runs:
            return ("the agent that runs the rules of --crs has ended, and is started again: requests have no verdict",)
        times = "once" if self._ends == 1 else f"{self._ends} times"
        said = f"the agent that runs the rules of --crs has ended {times}, and requests had no verdict meanwhile"
        return (said,) if self._ends else ()

    def reload(self) -> None:
        """Have it load its rules anew."""
        if self.runs:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGHUP)

    def stop(self) -> None:
        """End it. One that was started again is the keeper's to end. A second call does nothing."""
        if not self._stopped.is_set() and not self.runs:
            self._ends += 1
        self._stopped.set()
        self._first.stop()

    def _tend(self) -> None:
        while not self._stopped.wait(_LOOK):
            if not self.runs:
                with suppress(OSError):
                    self._process = self._keeper.agent()
                    self._ends += 1
                self._stopped.wait(PAUSE)
