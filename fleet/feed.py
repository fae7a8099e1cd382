"""What a choice of sensors sends: the latest as it arrives, and the past, latest first. It blocks while it reads."""

from collections.abc import Iterator
from typing import Final

from history.fleet import FleetArchive
from store.sums import ClosedBucket


class Feed:
    """Reads the sums of a choice of sensors, from a store that was opened for it alone: its first cursor is where the
    past ends.
    """

    def __init__(self, archive: FleetArchive, retention: float) -> None:
        """Read from `archive`; the past reaches back by `retention` seconds from the first reading."""
        self.loaded_since: float | None = None
        """Start of what was read; None before the first reading."""
        self.complete = False
        """Whether the whole past was read."""
        self._archive = archive
        self._retention = retention
        self._cursor: object | None = None
        self._since = self._until = 0.0
        self._past: Iterator[ClosedBucket] | None = None
        self._next: ClosedBucket | None = None

    @property
    def begun(self) -> bool:
        """Whether the first reading was made; if it failed, the store must be opened again."""
        return self._cursor is not None

    def arrived(self, now: float) -> tuple[ClosedBucket, ...]:
        """Return what has arrived since the last call. The first one only begins with the past.

        Raises:
            StoreError, HistoryError: the store cannot be read; the next call goes on where this one began.
        """
        arrivals = self._archive.arrived(self._cursor)
        if self._cursor is None:
            self._since, self._until, self.loaded_since = now - self._retention, now + AHEAD, now
            self._past = self._archive.past(self._since, self._until)
            self._next = next(self._past, None)  # now, before anything else arrives
        self._cursor = arrivals.cursor
        return arrivals.buckets

    def past(self) -> ClosedBucket | None:
        """Return the next period of the past; None once there is none.

        Raises:
            StoreError, HistoryError: as above.
        """
        if self.complete or not self.begun:
            return None
        bucket = self._next or self._read()
        self._next = None
        if bucket is None:
            self.complete, self.loaded_since = True, self._since
        else:
            self._until = bucket.start
            self.loaded_since = min(self.loaded_since or bucket.start, bucket.start)
        return bucket

    def _read(self) -> ClosedBucket | None:
        """Return the next period. A generator that raised is over, so the next call makes one that goes on there."""
        if self._past is None:
            self._past = self._archive.past(self._since, self._until)
        try:
            return next(self._past, None)
        except BaseException:
            self._past = None
            raise

    def change(self, archive: FleetArchive) -> None:
        """Read from another choice of the same store from now on, which includes the present one."""
        self._archive = archive


AHEAD: Final = 86400.0
"""Seconds that the clock of a sensor may be ahead of ours."""
