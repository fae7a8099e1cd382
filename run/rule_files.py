"""Files with rules of a detector: read at the start, before rights are dropped, and again at SIGHUP; a watched one also
when it has changed.
"""

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
PAUSE: Final = 10.0
"""Seconds between looks at whether a watched file has changed."""
_SHOWN: Final = 5
"""Reasons that are named for rules that are left out."""


class RuleFiles:
    """Keeps the rules of a detector. If a file is wrong later, the earlier rules stay, and a warning says so."""

    def __init__(self, use: Use, open_file: OpenFile, *, live: bool, watched: str = "") -> None:
        """Read the files with `open_file`; in a live run also later, a `watched` one as soon as another has taken its
        place.

        Raises:
            SettingError: a file cannot be read, or is wrong.
        """
        self._watched = watched
        self._state = _state(watched)
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
        while not self._ended:
            asked = self._asked.wait(PAUSE if self._watched else None)
            self._asked.clear()
            if not self._ended and (self.has_changed() or asked):
                self.read_again()

    def has_changed(self) -> bool:
        """Return whether the watched file is another than at the last call."""
        found = _state(self._watched)
        changed = found is not None and found != self._state
        self._state = found or self._state
        return changed

    def read_again(self) -> None:
        """Read the files, and tell what came of it."""
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
        self.problem = f"{reason}; what was read before will be used"
        self.news.append(self.problem)


def line(what: str, rules: int, reasons: list[tuple[str, int]]) -> str:
    """Say how many rules there are, and how many were left out for which reasons, most frequent first."""
    said = f"{what}: {rules:,} {'rule' if rules == 1 else 'rules'} will be applied"
    if not reasons:
        return said
    named = ", ".join(f"{count:,} because {reason}" for reason, count in reasons[:_SHOWN])
    return f"{said}; left out: {named}" + (", and others" if len(reasons) > _SHOWN else "")


def _state(path: str) -> tuple[int, int, int] | None:
    """Return number, size and time of change of a file; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
