"""Reads a store of many sensors in a thread of its own, so that a slow store never delays a screen. This is the edge.

What was read waits in two queues: news, and the past, which is of no hurry.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from fleet.choice import Choice, choose
from fleet.feed import Feed
from history.database import HistoryError
from history.fleet import FleetArchive, SensorAlert, SensorState
from history.record import StoreError
from store.filtering.sensors import SensorFilter
from store.sums import ClosedBucket

WAITING: Final = 200
"""Readings that may wait before no more are made."""
LONGEST_PAUSE: Final = 30.0
"""Most seconds between two attempts to reach the store."""
SLOW: Final = 5.0
"""Seconds after which the user is told that the store has not answered."""
RECENT: Final = 600.0
"""Seconds over which the health of single sensors is read."""


class Clock(NamedTuple):
    """The clocks of the reader."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


class Followed:
    """A choice of sensors that is followed, by a filter."""

    def __init__(self, wanted: SensorFilter) -> None:
        self.wanted = wanted
        self.choice = Choice((), {}, None)
        """The sensors that match now."""
        self.archive: FleetArchive | None = None
        """The store, opened for this choice alone; None before the first reading."""
        self.feed: Feed | None = None
        """What is read from it."""
        self.left = False
        """Whether it is followed no longer, so that what still waits of it is of no use."""


class States(NamedTuple):
    """What the store says of all sensors."""

    states: Sequence[SensorState]
    read_at: float
    """Seconds of a clock that always moves forward."""


class Arrived(NamedTuple):
    """What arrived from the sensors that are followed."""

    followed: Followed
    buckets: Sequence[ClosedBucket]


class Restarted(NamedTuple):
    """Somebody left the choice, so everything is read again."""

    before: Followed
    after: Followed


class Raised(NamedTuple):
    """All alerts of the sensors."""

    alerts: Sequence[SensorAlert]


class HealthOf(NamedTuple):
    """What each sensor counted as health in the last RECENT seconds, by name."""

    counts: Mapping[str, Mapping[str, int]]


News = States | Arrived | Restarted | Raised | HealthOf


class FleetReader:
    """Follows choices of sensors. Its stores are used by its thread alone, from `start` to `close`."""

    def __init__(
        self, opened: Callable[[], FleetArchive], retention: float, pace: float, bucket_size: int, clock: Clock
    ) -> None:
        """Read every `pace` seconds. `opened` opens the store: now, while there are the rights to do so, and in the
        thread for each further choice.

        Raises:
            StoreError, HistoryError: the store cannot be opened.
        """
        self._clock = clock
        self._open = opened
        self.trouble = ""
        """Why the store cannot be read now; empty if it can."""
        self.remarks: tuple[str, ...] = ()
        """What the store leaves out, in sentences for the user."""
        self.alerts_wanted = False
        """Whether the alerts of the sensors are read too."""
        self._archive = opened()
        self._first: FleetArchive | None = opened()
        self._retention = retention
        self._pace = pace
        self._bucket_size = bucket_size
        self._followed: list[Followed] = []
        self._wanted: deque[Followed] = deque()
        self._news: deque[News] = deque()
        self._past: deque[tuple[Followed, ClosedBucket]] = deque()
        self._asked_at: float | None = None
        self._details_at = float("-inf")
        self._failures = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fleet reader", daemon=True)

    # For the main thread ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start to read."""
        self._thread.start()

    def close(self, patience: float) -> None:
        """Stop reading. A store that does not answer is not waited for longer than `patience` seconds."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(patience)
        if not self._thread.is_alive():
            for archive in (self._archive, self._first, *(each.archive for each in self._followed)):
                if archive is not None:
                    archive.close()

    def follow(self, wanted: SensorFilter) -> Followed:
        """Follow the sensors that match, from the next reading on."""
        followed = Followed(wanted)
        self._wanted.append(followed)
        return followed

    def leave(self, followed: Followed) -> None:
        """Follow a choice no longer."""
        followed.left = True

    def news(self) -> list[News]:
        """Return what is new, oldest first."""
        return [self._news.popleft() for _ in range(len(self._news))]

    def past(self) -> tuple[Followed, ClosedBucket] | None:
        """Return a period of the past; None if none is waiting."""
        return self._past.popleft() if self._past else None

    def loading(self, followed: Followed) -> bool:
        """Return whether some of the past is still to come."""
        return followed.feed is None or not followed.feed.complete or bool(self._past)

    @property
    def warning(self) -> str:
        """A sentence about a store that cannot be read, or does not answer; empty if all is well."""
        asked_at = self._asked_at
        waited = 0.0 if asked_at is None else self._clock.steady() - asked_at
        if waited >= SLOW:
            return f"the store has not answered for {waited:.0f} s; what is shown may be old"
        return f"{self.trouble}; what is shown may be old" if self.trouble else ""

    # In the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._ended.is_set():
            begun = self._clock.steady()
            self.read_once()
            pause = min(LONGEST_PAUSE, self._pace * 2**self._failures)
            self._ended.wait(max(0.0, begun + pause - self._clock.steady()))

    def _fail(self, trouble: str) -> None:
        self.trouble = trouble
        self._failures = min(self._failures + 1, 8)

    def read_once(self) -> None:
        """Read what is new, then some of the past until the next reading is due. What fails is shown to the user."""
        try:
            self._read_all(self._clock.steady())
        except (StoreError, HistoryError) as error:
            self._fail(f"cannot read the store: {error}")
        except Exception as error:  # a defect must not end the thread without a word
            self._fail(f"reading the store failed: {type(error).__name__}: {error}")

    def _read_all(self, begun: float) -> None:
        if len(self._news) >= WAITING:
            return
        with self._asking():
            states = self._archive.sensors()
        self._news.append(States(self._within(states), begun))
        self._followed += [self._wanted.popleft() for _ in range(len(self._wanted))]
        self._close_left()
        for place, before in enumerate(self._followed):
            choice = choose(states, before.wanted, self._bucket_size)
            followed = self._followed[place] = self._restarted(before, choice, states)
            self._choose(followed, choice)
            self._read(followed)
        if begun - self._details_at >= self._bucket_size:
            self._read_details()
            self._details_at = begun
        opened = (self._archive, *(each.archive for each in self._followed))
        told = [warning for archive in opened if archive is not None for warning in archive.warnings]
        self.remarks = tuple(dict.fromkeys(told))
        self.trouble, self._failures = "", 0
        while self._clock.steady() - begun < self._pace and not self._ended.is_set() and self._read_past():
            pass

    def _within(self, states: Sequence[SensorState]) -> list[SensorState]:
        """Return the sensors that were heard within the retention; older ones are forgotten."""
        now = max(self._clock.wall(), *(state.received for state in states)) if states else 0.0
        return [state for state in states if state.received >= now - self._retention]

    def _restarted(self, followed: Followed, choice: Choice, states: Sequence[SensorState]) -> Followed:
        """Begin anew if a sensor must be taken out of the sums; otherwise return the same."""
        known = {state.name for state in states}
        if known & {*followed.choice.chosen} <= {*choice.chosen}:
            return followed
        again = Followed(followed.wanted)
        self._news.append(Restarted(followed, again))
        followed.left = True
        if followed.archive is not None:
            followed.archive.close()
        return again

    def _choose(self, followed: Followed, choice: Choice) -> None:
        """Read the sensors of a choice from now on."""
        if followed.archive is None:
            with self._asking():
                followed.archive, self._first = self._first or self._open(), None
        if followed.feed is None or followed.choice != choice:
            source = followed.archive if choice.whole else followed.archive.of(choice.chosen)
            followed.feed = followed.feed or Feed(source, self._retention)
            followed.feed.change(source)
            followed.choice = choice

    def _close_left(self) -> None:
        """Close what is followed no longer."""
        for each in self._followed:
            if each.left and each.archive is not None:
                each.archive.close()
        self._followed = [each for each in self._followed if not each.left]

    def _read(self, followed: Followed) -> None:
        if followed.feed is None:
            return
        try:
            with self._asking():
                buckets = followed.feed.arrived(self._clock.wall())
        except BaseException:
            if not followed.feed.begun and followed.archive is not None:
                followed.archive.close()  # its first cursor was given
                followed.archive = followed.feed = None
            raise
        if buckets:
            self._news.append(Arrived(followed, buckets))

    def _read_details(self) -> None:
        now = self._clock.wall()
        with self._asking():
            self._news.append(HealthOf(self._archive.health(now - RECENT)))
        if self.alerts_wanted:
            with self._asking():
                self._news.append(Raised(self._archive.sensor_alerts(now - self._retention)))

    def _read_past(self) -> bool:
        """Read a period of the past, that of the latest choice first; return False if there is none to read now."""
        if len(self._past) >= WAITING:
            return False
        for each in reversed(self._followed):
            if each.feed is not None and not (each.left or each.feed.complete):
                with self._asking():
                    bucket = each.feed.past()
                if bucket is not None:
                    self._past.append((each, bucket))
                return True
        return False

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Note since when the store has been asked."""
        self._asked_at = self._clock.steady()
        try:
            yield
        finally:
            self._asked_at = None
