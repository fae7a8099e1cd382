"""Runs the jobs of writing in a thread of its own, so that a slow disk delays nothing."""

import threading
from collections import deque
from collections.abc import Callable

from incidents.bundle import BundleError, told

Job = Callable[[], None]


class Worker:
    """Runs one job after the other. With `patient`, each is run at once, because files are read faster than that."""

    def __init__(self, *, patient: bool = False) -> None:
        self._patient = patient
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._running = False
        self._thread: threading.Thread | None = None
        self.failure = ""
        """Why the latest job that failed did so; empty if none did."""

    @property
    def waiting(self) -> int:
        """Number of jobs that are not done."""
        with self._changed:
            return self._running + len(self._jobs)

    def put(self, job: Job) -> None:
        """Run a job as soon as those before it are done."""
        if self._patient:
            self._run(job)
            return
        with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="incidents", daemon=True)
                self._thread.start()

    def close(self, timeout: float) -> None:
        """Run the jobs that wait, for at most `timeout` seconds."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)
            if self._thread.is_alive():
                self.failure = f"not all was written within {timeout:g} s"

    def _work(self) -> None:
        while (job := self._next()) is not None:
            self._run(job)
            with self._changed:
                self._running = False

    def _next(self) -> Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closing)
            if not self._jobs:
                return None
            self._running = True
            return self._jobs.popleft()

    def _run(self, job: Job) -> None:
        try:
            job()
        except BundleError as error:
            self.failure = str(error)
        except OSError as error:
            self.failure = told(error)
        except Exception as error:  # a bug here must not end the thread
            self.failure = f"{type(error).__name__}: {error}"
