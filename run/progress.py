"""Shows on a terminal how much of a file has been read."""

import sys
import time
from collections.abc import Callable
from contextlib import closing

from capture.intake import Intake
from dashboard.progress import Progress, progress_line
from dashboard.screen import Screen
from run.watch import Ending, Watch

PERIOD = 0.5
"""Seconds between two lines; a file that is read faster shows none."""


def with_progress(steps: Watch, intake: Intake, screen: Screen, clock: Callable[[], float] = time.monotonic) -> Watch:
    """Take the same steps, and show regularly how much of the file has been read.

    The screen shows it, or standard error if only that is a terminal.
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
    """Return how much was read in `elapsed` seconds; None for a live capture."""
    position = intake.source.position()
    if position is None:
        return None
    return Progress(position.done, position.total, intake.source.counters().received, elapsed)
