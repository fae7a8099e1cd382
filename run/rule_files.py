"""Files with rules of a detector: read at the start, before rights are dropped, and again at SIGHUP."""

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from exercise_config import SettingError
from run.hangup import obey_hangup

OpenFile = Callable[[str, int], int]
"""Opens a path with flags, as `os.open` does."""
Use = Callable[[OpenFile], str]
"""Reads the files, has the detector apply what they say, and returns a line for the user.

Raises:
    SettingError: a file cannot be read, or is wrong.
"""
_SHOWN: Final = 5
"""Reasons that are named for rules that are left out."""


class RuleFiles:
    """Keeps the rules of a detector. If a file is wrong later, the earlier rules stay, and a warning says so."""

    def __init__(self, use: Use, open_file: OpenFile, *, live: bool) -> None:
        """Read the files with `open_file`; in a live run also later.

        Raises:
            SettingError: a file cannot be read, or is wrong.
        """
        self.news: deque[str] = deque([use(open_file)], maxlen=10)
        """Lines for the user about what was read."""
        self.problem = ""
        """Why the files could not be read again."""
        self.told: Callable[[], None] = lambda: None
        """Called when there is news."""
        self._use = use
        self._live = live
        self._asked = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None
        self._undo: Callable[[], None] = lambda: None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about files that cannot be read."""
        return (self.problem,) if self.problem else ()

    def start(self) -> None:
        """Read the files again at each SIGHUP of a live run, in a thread, so that nothing waits for them."""
        if not self._live:
            return
        self._thread = threading.Thread(target=self._run, name="rules", daemon=True)
        self._thread.start()
        self._undo = obey_hangup(self._asked.set)

    def close(self) -> None:
        """End the thread."""
        self._undo()
        self._ended = True
        self._asked.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while self._asked.wait() and not self._ended:
            self._asked.clear()
            try:
                self.news.append(self._use(os.open))
                self.problem = ""
            except SettingError as error:
                self._keep(str(error))
            except Exception as error:  # a mistake in a reader must not end the thread
                self._keep(f"the rules cannot be read again ({type(error).__name__}: {error})")
            self.told()

    def _keep(self, reason: str) -> None:
        """Note why the earlier rules stay."""
        self.problem = f"{reason}; the earlier rules will be used"
        self.news.append(self.problem)


def line(what: str, rules: int, reasons: list[tuple[str, int]]) -> str:
    """Say how many rules there are, and how many were left out for which reasons, most frequent first."""
    said = f"{what}: {rules:,} {'rule' if rules == 1 else 'rules'} will be applied"
    if not reasons:
        return said
    named = ", ".join(f"{count:,} because {reason}" for reason, count in reasons[:_SHOWN])
    return f"{said}; left out: {named}" + (", and others" if len(reasons) > _SHOWN else "")
