"""Reads and decodes a file, and says what the session has to do at which packet time."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from math import inf
from threading import Event
from typing import NamedTuple

from capture.intake import Intake, Status
from run.schedule import Schedule
from traffic.batch import Batch
from traffic.frames import Frames


class Tick(NamedTuple):
    """A tick of the session."""

    now: float
    """Its packet time."""
    status: Status
    resumes: float
    """The packet time of the next frame."""


class Step(NamedTuple):
    """What the session does next: it counts a batch, then ticks."""

    batch: Batch | None = None
    tick: Tick | None = None


class Replay:
    """A file, read as fast as possible; packet time is the clock."""

    def __init__(self, intake: Intake, schedule: Schedule, duration: float | None, stop: Event) -> None:
        self._intake = intake
        self._schedule = schedule
        self._duration = duration or inf
        self._stop = stop
        self.begun: float | None = None
        """The packet time of the first frame, known before the first step."""
        self.clock = 0.0
        """The latest packet time."""

    def steps(self, reading: Callable[[], AbstractContextManager[None]] = nullcontext) -> Iterator[Step]:
        """Read a piece of the file for each step; the context that `reading` returns is in force during the read.

        Raises:
            CaptureError: The file is damaged from here on.
        """
        end = inf
        while not self._stop.is_set() and self.clock < end:
            with reading():
                frames = self._intake.read()
            if frames is None:
                return
            if not frames:
                continue
            if self.begun is None:
                self.begun = self.clock = float(frames.times[0])
                self._schedule.begin(self.clock)
                end = self.clock + self._duration
            if frames.latest >= end:
                frames = frames.chosen(number for number, time in enumerate(frames.times) if time < end)
            yield from self._ticks(frames)
            self.clock = max(self.clock, frames.latest)
            yield Step(self._intake.take() if self._intake.full else None)

    def _ticks(self, frames: Frames) -> Iterator[Step]:
        """Decode frames, with a tick whenever one is due between them."""
        intake, schedule, times, begin = self._intake, self._schedule, frames.times, 0
        while frames and times[-1] >= schedule.due:
            due = schedule.due
            end = next(index for index in range(begin, len(times)) if times[index] >= due)
            intake.decode(frames.part(begin, end))
            intake.advance(due)
            resumes = float(times[end])
            yield Step(intake.take(), Tick(due, intake.status(), resumes))
            schedule.begin(due)
            schedule.skip_to(resumes)
            begin = end
        intake.decode(frames.part(begin, len(times)))
