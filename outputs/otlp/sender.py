"""Sends exports in a thread, so that a slow collector delays nothing. `delivery.py` decides what to send and when."""

import random
import threading
import time
from collections.abc import Callable
from typing import Final

from notices.errors import Refused, Unavailable
from outputs.otlp.collector import Collector
from outputs.otlp.delivery import Delivery
from outputs.otlp.snapshot import Snapshot

LONGEST_WAIT: Final = 30.0
"""Seconds that a patient sender waits for room."""


class Sender:
    """Sends snapshots in their order. With `patient`, `wait_for_room` waits, as files are read faster than sent."""

    def __init__(
        self, collector: Collector, encode: Callable[[Snapshot], bytes], queue: int, *, patient: bool = False
    ) -> None:
        """Queue at most `queue` snapshots. `encode` is called in the thread."""
        self._collector = collector
        self._encode = encode
        self._patient = patient
        self._delivery: Delivery[Snapshot] = Delivery(collector.name, queue)
        self._current: tuple[Snapshot, bytes] | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=collector.name, daemon=True)

    def start(self) -> None:
        """Start to send."""
        self._thread.start()

    def wait_for_room(self) -> bool:
        """Return whether a snapshot can be queued. A patient sender waits for it, unless the collector fails."""
        with self._changed:
            if self._patient:
                self._changed.wait_for(lambda: self._delivery.has_room or self._delivery.failing, LONGEST_WAIT)
            return self._delivery.has_room

    def put(self, snapshot: Snapshot) -> None:
        """Queue a snapshot, for which there must be room."""
        with self._changed:
            self._delivery.add(snapshot)
            self._changed.notify_all()

    def close(self, seconds: float) -> None:
        """Send what is queued for at most `seconds`, and end. This may be called twice."""
        with self._changed:
            self._closing = True
            self._delivery.hurry()
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(seconds)
        with self._changed:
            self._delivery.abandon()
            self._changed.notify_all()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the user."""
        with self._changed:
            return tuple(self._delivery.complaints(time.monotonic()))

    def _run(self) -> None:
        while (snapshot := self._next()) is not None:
            self._send(snapshot)

    def _next(self) -> Snapshot | None:
        """Wait for the next snapshot to send; None at the end."""
        with self._changed:
            while not (self._closing and not self._delivery.waiting):
                now = time.monotonic()
                if (snapshot := self._delivery.take(now)) is not None:
                    return snapshot
                self._changed.wait(self._delivery.pause(now))
            return None

    def _send(self, snapshot: Snapshot) -> None:
        try:
            answer = self._collector.post(self._body(snapshot))
        except Unavailable as error:
            self._postpone(error)
        except Refused as error:
            self._drop(snapshot, str(error))
        except Exception as error:  # a bug here or in a library must not end the thread
            self._drop(snapshot, f"failed with {type(error).__name__}")
        else:
            with self._changed:
                self._delivery.sent(snapshot, answer)
                self._changed.notify_all()

    def _postpone(self, error: Unavailable) -> None:
        with self._changed:
            self._delivery.unavailable(time.monotonic(), str(error), random.random(), error.retry_after)
            self._changed.notify_all()

    def _drop(self, snapshot: Snapshot, reason: str) -> None:
        with self._changed:
            self._delivery.refused(snapshot, reason)
            self._changed.notify_all()

    def _body(self, snapshot: Snapshot) -> bytes:
        """Return the body of a snapshot, which is made once for all tries."""
        if self._current is None or self._current[0] is not snapshot:
            self._current = snapshot, self._collector.packed(self._encode(snapshot))
        return self._current[1]
