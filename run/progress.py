"""How far a file is read, said on a terminal while it is read."""

import sys
import time
from collections.abc import Callable
from contextlib import closing

from capture.intake import Intake
from dashboard.progress import Progress, progress_line
from dashboard.screen import Screen
from run.watch import Ending, Watch

PERIOD = 0.5
"""Seconds between two lines; a file that takes no longer has none."""


def with_progress(steps: Watch, intake: Intake, screen: Screen, clock: Callable[[], float] = time.monotonic) -> Watch:
    """The same steps; now and then a line passes that says how far the file is read.

    It is on the screen, or where that is no terminal, on standard error if that is one.
    """
    place = screen if screen.is_terminal else Screen(sys.stderr)
    begun = clock()
    due = begun + PERIOD
    with closing(steps):
        try:
            while True:
                pause = next(steps)
                now = clock()
                progress = progress_of(intake, now - begun) if now >= due else None
                if progress is not None:
                    place.note(progress_line(progress, place.width - 1))
                    due = now + PERIOD
                yield pause
        except StopIteration as end:
            ending: Ending = end.value
            return ending
        finally:
            place.note("")


def progress_of(intake: Intake, elapsed: float) -> Progress | None:
    """How far it is after so many seconds; None of what is live."""
    position = intake.source.position()
    if position is None:
        return None
    return Progress(position.done, position.total, intake.source.counters().received, elapsed)
