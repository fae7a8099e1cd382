"""Runs the steps from a source to the session: each step captures, decodes and counts what has arrived.

`watch_live` and `watch_file` are generators. They yield the seconds until the next step is due; meanwhile the console
waits and the full screen draws. They return how the capture ended.
"""

import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import NamedTuple

from capture.capture_thread import CaptureThread
from capture.errors import CaptureError
from capture.intake import Intake, Status
from run.session import Session
from traffic.frames import Frames

POLL = 0.05
"""Seconds between checks of the capture's clock if a tick is almost due."""
CLOSING = 4096
"""Records to complete at a time at the end of a file. Each may bring the long texts of a request counted before."""
GLANCE = 0.2
"""Seconds between checks whether a batch is full. More records at a time would take more memory, and no less CPU."""


class Ending(NamedTuple):
    """How a capture ended."""

    clock: float
    """The packet time of its end."""
    status: Status
    error: CaptureError | None
    """The reason why it ended early, if it did."""


Watch = Generator[float, None, Ending]
"""The steps of a capture: a generator that yields the seconds until the next one."""


class Stop(threading.Event):
    """An event that SIGINT and SIGTERM set. They end a run, but are not errors."""

    def __init__(self) -> None:
        super().__init__()
        self._interrupts = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let signals raise KeyboardInterrupt during the block, in which a read may block forever."""
        self._interrupts = True
        try:
            yield
        finally:
            self._interrupts = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.set()
        if self._interrupts:
            raise KeyboardInterrupt


def drive(watch: Watch, wait: Callable[[float], object]) -> Ending:
    """Take all steps, wait between them, and always close the capture."""
    with closing(watch):
        while True:
            try:
                pause = next(watch)
            except StopIteration as end:
                ending: Ending = end.value
                return ending
            if pause:
                wait(pause)


def steps(intake: Intake, session: Session, duration: float | None, stop: Stop) -> Watch:
    """Return the steps of a live capture or of a file."""
    if intake.source.live:
        return watch_live(intake, session, duration, stop)
    return watch_file(intake, session, duration, stop)


def watch_live(intake: Intake, session: Session, duration: float | None, stop: Stop) -> Watch:
    """Capture in a separate thread; each step takes what has been captured."""
    thread = CaptureThread(intake)
    end = time.monotonic() + (duration or float("inf"))
    session.begin(time.time(), intake.status())
    thread.start()
    try:
        while not (stop.is_set() or thread.ended or time.monotonic() >= end):
            yield max(POLL, min(session.due - time.time(), end - time.monotonic(), GLANCE))
            if thread.clock < session.due and not thread.full:
                continue
            batch, clock, status = thread.take()
            session.count(batch)
            if clock >= session.due:
                session.tick(clock, status)
    finally:
        thread.stop()
    batch, clock, status = thread.take()
    session.count(batch)
    return Ending(clock, status, thread.error)


def watch_file(intake: Intake, session: Session, duration: float | None, stop: Stop) -> Watch:
    """Read a file as fast as possible, one batch per step; packet time is the clock."""
    begun, clock, end, error = False, 0.0, float("inf"), None
    try:
        while not stop.is_set() and clock < end:
            with stop.interrupting():
                frames = intake.read()
            if frames is None:
                break
            if not frames:
                continue
            if not begun:
                begun, clock = True, float(frames.times[0])
                end = clock + (duration or float("inf"))
                session.replay(clock)
            if frames.latest >= end:
                frames = frames.chosen(number for number, time in enumerate(frames.times) if time < end)
            clock = max(clock, decode_in_time(intake, session, frames))
            if intake.full:
                session.count(intake.take())
            yield 0.0
    except KeyboardInterrupt:
        stop.set()
    except CaptureError as damage:
        error = damage
    session.ended = not stop.is_set()
    intake.close()
    finished = False
    while not finished:
        finished = intake.finish(CLOSING)
        session.count(intake.take())
    return Ending(clock, intake.status(), error)


def decode_in_time(intake: Intake, session: Session, frames: Frames) -> float:
    """Decode frames, with a tick whenever one is due between them, and return the latest time."""
    times, begin = frames.times, 0
    while frames and times[-1] >= session.due:
        due = session.due
        end = next(index for index in range(begin, len(times)) if times[index] >= due)
        intake.decode(frames.part(begin, end))
        intake.advance(due)
        session.count(intake.take())
        session.tick(due, intake.status())
        begin = end
        session.skip_to(float(times[begin]))
    intake.decode(frames.part(begin, len(times)))
    return frames.latest
