"""The thread that sends a spool's records: the newest bucket first, for the screens, then the oldest.

Many sensors of a store that comes back, or that close a bucket at the same second, do not send at the same time: each
waits for a part of `SPREAD` that chance gave it, and longer after each failure.
"""

import threading
from collections.abc import Callable
from typing import Final

from fleet.spool import Spool, Waiting
from history.record import StoreError, Target
from view import figures

BATCH: Final = 100
"""Maximum records of a batch, and about the bytes."""
BATCH_BYTES: Final = 2**20
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 120.0
"""Seconds to wait after a failure; they double with each."""
SPREAD: Final = 2.0
"""Seconds in which the sensors of a fleet send what they all closed at once."""
LAST_PAUSE: Final = 1.0
"""Longest pause once it is time to end."""
STOPPING: Final = 0.5
"""Seconds to wait for the thread when it is too late to send."""
SKEW: Final = 5.0
"""Seconds that the clock may differ from the store's without a warning."""


class Sender:
    """Sends what is in a spool to the target, named `store` for the user. `clock` is in seconds since the epoch, and
    `chance` returns a random number from 0 to 1.
    """

    def __init__(
        self, spool: Spool, target: Target, store: str, clock: Callable[[], float], chance: Callable[[], float]
    ) -> None:
        self._spool, self._target, self._store = spool, target, store
        self._clock, self._chance = clock, chance
        self._spread = SPREAD * chance()
        self._condition = threading.Condition()
        self._news = self._closing = self._stopped = False
        # Failures in a row, records that are sent alone because one of them was refused, and the sentences.
        self._failures = self._alone = 0
        self._problem = self._refusal = ""
        self._latest: float | None = None
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        """Start sending."""
        self._thread.start()

    def wake(self) -> None:
        """Learn that there is something to send."""
        with self._condition:
            self._news = True
            self._condition.notify_all()

    @property
    def latest(self) -> float | None:
        """When the store last took something; None if it has not in this run."""
        return self._latest

    @property
    def warnings(self) -> tuple[str, ...]:
        """Current problems, for the user."""
        state, skew = self._spool.state, getattr(self._target, "skew", None)
        found = []
        if self._problem:
            kept = f"{figures.counted(state.waiting, 'record')} waiting in the spool"
            found.append(f"cannot send: {self._problem}; {kept}")
        if state.refused:
            found.append(f"{figures.counted(state.refused, 'record')} refused: {self._refusal}")
        if skew is not None and abs(skew) > SKEW:
            where = "ahead of" if skew > 0 else "behind"
            found.append(f"this clock is {figures.duration(abs(skew))} {where} that of {self._store}; use NTP on both")
        return tuple(found)

    def close(self, timeout: float) -> None:
        """Send the rest, for at most `timeout` seconds. What is not sent stays in the spool."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join(timeout)
        with self._condition:
            self._stopped = True
            self._condition.notify_all()
        self._thread.join(STOPPING)
        if not self._thread.is_alive():
            self._target.close()

    # ------------------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._pause(self._spread)
        while not self._stopped:
            try:
                batch = self._next()
            except OSError as reason:
                self._failed(f"the spool cannot be read: {reason.strerror}")
                continue
            if batch:
                self._try(batch)
            elif self._closing:
                return
            else:
                self._await_news()
                self._pause(self._spread)

    def _next(self) -> list[Waiting]:
        newest = self._spool.newest()
        if newest is not None and not self._alone:
            return [newest]
        return self._spool.oldest(1 if self._alone else BATCH, BATCH_BYTES)

    def _try(self, batch: list[Waiting]) -> None:
        try:
            self._target.send([each.record for each in batch])
        except StoreError as error:
            if error.refused:
                self._refused(batch, str(error))
            else:
                self._failed(str(error))
        except Exception as error:  # a target's bug must not end sending for good
            self._failed(f"{type(error).__name__}: {error}")
        else:
            self._sent(batch)

    def _sent(self, batch: list[Waiting]) -> None:
        self._spool.acknowledge(batch)
        self._alone = max(0, self._alone - len(batch))
        self._failures, self._problem, self._latest = 0, "", self._clock()

    def _refused(self, batch: list[Waiting], reason: str) -> None:
        """Find the refused record by sending each alone, and set it aside. With each one, that gets slower."""
        if len(batch) > 1:
            self._alone = len(batch)
            return
        self._alone = max(0, self._alone - 1)
        self._refusal = reason.removeprefix(f"{self._store}: ")
        folder = self._spool.set_aside(batch[0])
        if folder is not None:
            self._refusal += f"; see {folder}"
        self._pause_longer()

    def _failed(self, reason: str) -> None:
        self._problem = reason.removeprefix(f"{self._store}: ")  # the sentence names it
        self._pause_longer()

    def _pause_longer(self) -> None:
        self._failures += 1
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures - 1, 16))
        self._pause(longest * (0.5 + self._chance()))

    def _pause(self, seconds: float) -> None:
        """Wait, but only a little once it is time to end."""
        with self._condition:
            if not self._closing:
                self._condition.wait_for(lambda: self._closing or self._stopped, seconds)
            else:
                self._condition.wait_for(lambda: self._stopped, min(seconds, LAST_PAUSE))

    def _await_news(self) -> None:
        with self._condition:
            self._condition.wait_for(lambda: self._news or self._closing)
            self._news = False
