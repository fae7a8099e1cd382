"""The thread that reads and decodes a live source while the main thread takes the completed records."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from capture.errors import CaptureError
from capture.intake import Intake, Status
from traffic.batch import Batch


class CaptureThread:
    """Captures and decodes until it is stopped or the source ends."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._lock = threading.Lock()
        """Guards the intake, except for `read`."""
        self._turn = threading.Lock()
        self._clock = intake.clock()
        self._stop = threading.Event()
        self._crash: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self.error: CaptureError | None = None
        """Why the capture ended unasked; None if it has not."""

    def start(self) -> None:
        """Start the capture."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the capture, and wait until everything captured is decoded and the source is closed."""
        self._stop.set()
        self._thread.join()

    @property
    def ended(self) -> bool:
        """Whether the capture has ended."""
        return not self._thread.is_alive()

    @property
    def clock(self) -> float:
        """The packet time up to which records are complete."""
        return self._clock

    @property
    def full(self) -> bool:
        """Whether enough records wait to be counted together."""
        with self._alone():
            return self._intake.full

    def take(self) -> tuple[Batch, float, Status]:
        """Return the completed records, the packet time up to which they are complete, and the status of the capture.

        Raises:
            BaseException: The thread ended with this unexpected exception.
        """
        with self._alone():
            if self._crash is not None:
                raise self._crash
            return self._intake.take(), self._clock, self._intake.status()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Lock the intake. A waiting thread gets the next turn, because the capture thread hardly ever pauses."""
        with self._turn:
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def _run(self) -> None:
        try:
            try:
                self._capture()
            except CaptureError as error:
                self.error = error
            with self._alone():
                self._intake.close()
                self._intake.finish()
        except BaseException as error:  # handed to the main thread, which handles the exit
            with self._alone():
                self._crash = error
                self._intake.source.close()

    def _capture(self) -> None:
        intake = self._intake
        while not self._stop.is_set():
            frames = intake.read()
            if frames is None:
                return
            with self._alone():
                if frames:
                    intake.decode(frames)
                else:
                    intake.advance(intake.clock())
                self._clock = max(self._clock, intake.clock())
        for frames in intake.rest():
            with self._alone():
                intake.decode(frames)
                self._clock = max(self._clock, intake.clock())
