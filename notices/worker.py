"""The thread of one receiver: slow or dead, it delays nobody else. `delivery.py` decides; here it is done."""

import random
import threading
import time
from collections.abc import Callable

from notices.delivery import Delivery, Limits
from notices.errors import Refused, Unavailable
from notices.notice import Notice
from notices.receiver import Receiver


class Worker:
    """The thread begins with the first notice: before, the program may still give up its rights."""

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
        """Take a notice over. Neither waits nor raises."""
        with self._changed:
            self._delivery.add(notice, self._clock())
            self._changed.notify()
            if self._thread is None:
                self._start()

    def hurry(self, deadline: float) -> None:
        """Deliver what waits until `deadline`, as the clock has it, and end."""
        with self._changed:
            self._closing = True
            self._delivery.hurry(deadline)
            self._changed.notify()

    def end(self, deadline: float) -> None:
        """Wait until the thread is through, or the deadline has passed; what is left is given up."""
        if self._thread is not None:
            self._thread.join(max(0.0, deadline - self._clock()))
        with self._changed:
            self._delivery.abandon("the program ended")
            self._changed.notify()
        self._receiver.cancel()

    def complaints(self) -> list[str]:
        """What the user should know."""
        with self._changed:
            return self._delivery.complaints(self._clock())

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name=self._receiver.name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads to be had; the next notice tries again
            self._delivery.abandon("no thread could be started")
        else:
            self._thread = thread

    def _run(self) -> None:
        while (notice := self._next()) is not None:
            self._send(notice)

    def _next(self) -> Notice | None:
        """Wait for what is to be sent; None when the end has come."""
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
        except Exception as error:  # a fault of ours or of a library must not end the thread
            self._postpone(f"failed with {type(error).__name__}", 0.0)
        else:
            with self._changed:
                self._delivery.sent(self._clock())

    def _postpone(self, reason: str, retry_after: float) -> None:
        with self._changed:
            self._delivery.unavailable(self._clock(), reason, self._chance(), retry_after)
