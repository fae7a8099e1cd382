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
from run.read_ahead import ReadAhead
from run.replay import Replay, Step
from run.session import Session

POLL = 0.05
"""Seconds between checks of the capture's clock if a tick is almost due."""
CLOSING = 4096
"""Records to complete at a time at the end of a file. Each may bring the long texts of a request counted before."""
REST = 5.0
"""Seconds for the inspection of what is left at the end, or when the user ends the reading of a file."""
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
    yield from _inspect_rest(session, REST)
    return Ending(clock, status, thread.error)


def watch_file(intake: Intake, session: Session, duration: float | None, stop: Stop) -> Watch:
    """Read a file as fast as possible, one batch per step; several decoders read ahead of the counting."""
    replay, begun, error = Replay(intake, session.schedule.of_file(), duration, stop), False, None
    try:
        with closing(_steps_of(replay, intake, stop)) as steps:
            for step in steps:
                if not begun and replay.begun is not None:
                    session.replay(replay.begun)
                    begun = True
                yield from _act(session, step, stop)
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
        if session.must_settle:
            yield from _settled(session, stop)
    yield from _settled(session, stop)
    yield from _inspect_rest(session, REST)
    return Ending(replay.clock, intake.status(), error)


def _steps_of(replay: Replay, intake: Intake, stop: Stop) -> Generator[Step, None, None]:
    if not intake.reads_ahead:
        yield from replay.steps(stop.interrupting)
        return
    with closing(ReadAhead(step for step in replay.steps() if step.batch is not None)) as ahead:
        for step in ahead:
            yield step or Step()


def _act(session: Session, step: Step, stop: Stop) -> Iterator[float]:
    if step.batch is not None:
        session.count(step.batch)
    if step.tick is not None or session.must_settle:
        yield from _settled(session, stop)
    if step.tick is not None:
        session.tick(step.tick.now, step.tick.status)
        session.schedule.skip_to(step.tick.resumes)


def _settled(session: Session, stop: Stop) -> Iterator[float]:
    """Wait until all that a file contains so far is inspected, so that what is found is counted at the same place each
    time.
    """
    while not stop.is_set() and not session.settle(POLL):
        yield 0.0


def _inspect_rest(session: Session, seconds: float) -> Iterator[float]:
    """Wait for the inspection of what is left, at most so long, and end it."""
    end = time.monotonic() + seconds
    while not session.settle(POLL) and time.monotonic() < end:
        yield 0.0
    session.end_inspection()
