"""The thread that reads a live source and has it decoded, while the main thread takes what became complete."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from capture.errors import CaptureError
from capture.intake import Intake, Status
from traffic.batch import Batch


class CaptureThread:
    """Reads and decodes until it is stopped or the source ends."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._lock = threading.Lock()
        """Of the intake, but for `read`."""
        self._turn = threading.Lock()
        self._clock = intake.source.clock()
        self._stop = threading.Event()
        self._crash: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self.error: CaptureError | None = None
        """Why capture ended, if it was not asked to."""

    def start(self) -> None:
        """Begin to capture."""
        self._thread.start()

    def stop(self) -> None:
        """End the capture, and wait until all that was captured is decoded and the source is closed."""
        self._stop.set()
        self._thread.join()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return not self._thread.is_alive()

    def take(self) -> tuple[Batch, float, Status]:
        """What became complete, the packet time up to which it is all there, and how the capture goes.

        Raises:
            BaseException: a fault of the program ended the thread.
        """
        with self._alone():
            if self._crash is not None:
                raise self._crash
            return self._intake.take(), self._clock, self._intake.status()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Use the intake alone. Who waits for it comes next: the capture thread hardly pauses and might not let go."""
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
                self._intake.finish()
        except BaseException as error:  # handed to the main thread, which owns the way out
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
                    intake.advance(intake.source.clock())
                self._clock = max(self._clock, intake.source.clock())
