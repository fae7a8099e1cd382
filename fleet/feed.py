"""What a choice of sensors sends: the latest as it arrives, and the past, latest first. It blocks while it reads."""

from collections.abc import Iterator
from typing import Final

from history.fleet import FleetArchive
from store.sums import ClosedBucket


class Feed:
    """Reads the sums of a choice of sensors."""

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

    def arrived(self, now: float) -> tuple[ClosedBucket, ...]:
        """Return what has arrived since the last call. The first one only marks where the past ends.

        Raises:
            StoreError, HistoryError: the store cannot be read; the next call goes on where this one began.
        """
        arrivals = self._archive.arrived(self._cursor)
        if self._cursor is None:
            self._since, self._until, self.loaded_since = now - self._retention, now + AHEAD, now
        self._cursor = arrivals.cursor
        return arrivals.buckets

    def past(self) -> ClosedBucket | None:
        """Return the next period of the past; None once there is none.

        Raises:
            StoreError, HistoryError: as above.
        """
        if self.complete or self._cursor is None:
            return None
        if self._past is None:
            self._past = self._archive.past(self._since, self._until)
        try:
            bucket = next(self._past, None)
        except BaseException:
            self._past = None  # a generator that raised is over; the next call begins a new one at the same place
            raise
        if bucket is None:
            self.complete, self.loaded_since = True, self._since
        else:
            self._until = bucket.start
            self.loaded_since = min(self.loaded_since or bucket.start, bucket.start)
        return bucket

    def change(self, archive: FleetArchive) -> None:
        """Read from another choice of the same store from now on, which includes the present one."""
        self._archive = archive


AHEAD: Final = 86400.0
"""Seconds that the clock of a sensor may be ahead of ours."""
