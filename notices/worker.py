"""Runs one receiver in a thread, so that a slow one delays no other. `delivery.py` decides what to send and when."""

import random
import threading
import time
from collections.abc import Callable

from notices.delivery import Delivery, Limits
from notices.errors import Refused, Unavailable
from notices.notice import Notice
from notices.receiver import Receiver


class Worker:
    """A receiver and its thread, which starts with the first notice: before, the program may still drop its rights."""

    def __init__(
        self,
        receiver: Receiver,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._receiver = receiver
        self._delivery = Delivery(receiver.name, limits, receiver.repeat)
        self._clock = clock
        self._chance = chance
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def tell(self, notice: Notice) -> None:
        """Queue a notice. This neither waits nor raises."""
        with self._changed:
            self._delivery.add(notice, self._clock())
            self._changed.notify()
            if self._thread is None:
                self._start()

    def hurry(self, deadline: float) -> None:
        """Deliver queued notices until `deadline`, a time of the clock, and end."""
        with self._changed:
            self._closing = True
            self._delivery.hurry(deadline)
            self._changed.notify()

    def end(self, deadline: float) -> None:
        """Wait until the thread ends or the deadline has passed; drop what is left."""
        if self._thread is not None:
            self._thread.join(max(0.0, deadline - self._clock()))
        with self._changed:
            self._delivery.abandon("the program ended")
            self._changed.notify()
        self._receiver.cancel()

    def complaints(self) -> list[str]:
        """Return sentences for the user."""
        with self._changed:
            return self._delivery.complaints(self._clock())

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name=self._receiver.name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # too many threads; the next notice tries again
            self._delivery.abandon("no thread could be started")
        else:
            self._thread = thread

    def _run(self) -> None:
        while (notice := self._next()) is not None:
            self._send(notice)

    def _next(self) -> Notice | None:
        """Wait for the next notice to send; None at the end."""
        with self._changed:
            while True:
                if self._closing and not self._delivery.waiting:
                    return None
                now = self._clock()
                notice = self._delivery.take(now)
                if notice is not None:
                    return notice
                self._changed.wait(self._delivery.pause(now))

    def _send(self, notice: Notice) -> None:
        try:
            self._receiver.send(notice)
        except Refused as error:
            with self._changed:
                self._delivery.refused(self._clock(), str(error))
        except Unavailable as error:
            self._postpone(str(error), error.retry_after)
        except Exception as error:  # a bug here or in a library must not end the thread
            self._postpone(f"failed with {type(error).__name__}", 0.0)
        else:
            with self._changed:
                self._delivery.sent(self._clock())

    def _postpone(self, reason: str, retry_after: float) -> None:
        with self._changed:
            self._delivery.unavailable(self._clock(), reason, self._chance(), retry_after)
