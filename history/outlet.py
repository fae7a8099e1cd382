"""Writes the history of a run: closed buckets and alerts, in a thread of its own. This is the edge."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from math import inf
from pathlib import Path
from typing import Final

from alerting.alert import Alert
from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Event
from alerting.habits import Habits
from history.alerts import recalled, stored
from history.archive import HistoryError, SqliteArchive
from history.database import Database
from history.detectors import SHARE, TOO_LARGE, Learned, Learners, read_learned, write_learned
from history.filling import AHEAD, Watching
from history.habits import read_habits, write_habits
from history.keep import Retention
from history.learned import learned
from history.minutes import Minutes, closed_bucket
from history.past import look_back
from history.periods import PeriodLevel, period_start
from history.sums import Minute, StoredAlert, is_shown
from history.writer import Disk, Writer
from store.sums import ClosedBucket
from store.watched import WATCHED
from view.outlet import Outlet
from view.view import HistoryView, View

CHUNK: Final = 300.0
"""Seconds of the past that are read at once."""
WEEKS: Final = 8 * 7 * 86400.0
"""Seconds of the past that a seasonal baseline learns from at the start."""
LOOK: Final = 60.0
"""Seconds between two reads of the past."""
LEARNED: Final = 300.0
"""Seconds between two times that what detectors learned is kept."""
PATIENCE: Final = 5.0
"""Seconds to wait at the end for queued data."""


class History(Outlet):
    """An outlet that writes closed buckets and alerts in a separate thread. Its warnings say what goes wrong."""

    def __init__(self, path: Path, keep: Retention, units: Mapping[str, str], *, patient: bool = False) -> None:
        """Keep statistics, given by name and unit, in a file. `patient` is for a source that can wait for the disk."""
        self._patient = patient
        self._path = path
        self._keep = keep
        self._units = {**units, WATCHED: "seconds"}
        self._watching = Watching()
        self._active: dict[str, Alert] = {}
        self._minutes = Minutes()
        self._trouble: tuple[str, ...] = ()
        self._writer: Writer[Minute | StoredAlert | Habits | Learned] | None = None
        self.archive: SqliteArchive | None = None
        """Answers questions about the past; None before the start, and if it cannot be used."""
        self._then: HistoryView | None = None
        self._look_at = 0.0
        self._learners: Learners | None = None
        self._learned_at = inf

    def start(self) -> None:
        """Open the file as the user who will own it, and start writing."""
        try:
            self._make_folder()
            self.archive = SqliteArchive(str(self._path), self._keep, self._units)
        except OSError as reason:
            place = f"{self._path.parent} cannot be made: {reason.strerror}"
            self._trouble = (f"history disabled: {place}; use --history FILE or none",)
        except HistoryError as reason:
            self._trouble = (f"history disabled: {reason}",)
        else:
            disk = Disk(self._write_item, self.archive.close, HistoryError, "minutes lost from the history")
            self._writer = Writer("history", disk, patient=self._patient)
            self._writer.start()

    @property
    def folder(self) -> Path:
        """The folder of the file and of those that SQLite makes beside it. It is made now, if it can be."""
        with suppress(OSError):  # `start` reports it
            self._make_folder()
        return self._path.resolve().parent

    @property
    def warnings(self) -> tuple[str, ...]:
        """Current problems, for the user."""
        return self._trouble if self._writer is None else (*self._trouble, *self._writer.warnings)

    def before(self, now: float, retention: float) -> tuple[Iterator[ClosedBucket], list[Alert]]:
        """Return the counts, minute by minute, and the alerts of earlier runs within the retention, latest first.

        The current minute is read at once, as this run will add to it.
        """
        minute = period_start(PeriodLevel.MINUTE, now)
        return chain(self._minutes_of(minute, now), self._past(now - retention, minute)), self._alerts(now - retention)

    def _past(self, since: float, until: float) -> Iterator[ClosedBucket]:
        while since < until:
            yield from self._minutes_of(max(since, until - CHUNK), until)
            until -= CHUNK

    def _minutes_of(self, since: float, until: float) -> list[ClosedBucket]:
        if self.archive is None:
            return []
        try:
            return [closed_bucket(minute) for minute in self.archive.minutes(since, until, wanted=_is_counted)][::-1]
        except (HistoryError, ValueError) as error:  # its bins may be malformed
            self._trouble = (f"cannot restore earlier counts: {error}",)
            return []

    def _alerts(self, since: float) -> list[Alert]:
        """Return the alerts of earlier runs, latest first; one that was active ended with the last write."""
        if self.archive is None or self._writer is None:
            return []
        try:
            known = [alert for alert in map(recalled, self.archive.alerts(since)) if alert]
            end = self.archive.latest()
        except HistoryError as error:
            self._trouble = (f"the alerts of before cannot be read: {error}",)
            return []
        ended = [alert if alert.end is not None else replace(alert, end=max(end, alert.start)) for alert in known]
        for alert in set(ended) - set(known):
            self._writer.put(stored(alert))  # otherwise it would end later at each further start
        return [alert for alert in ended if (alert.end or 0.0) >= since]

    def learned(self, now: float, wanted: Collection[str]) -> Iterator[ClosedBucket]:
        """Return what was counted for the `wanted` statistics in the hours of the last weeks and the minutes of the
        last day, oldest first.
        """
        if self.archive is None or not wanted:
            return
        try:
            yield from learned(self.archive, now - WEEKS, now, wanted)
        except (HistoryError, ValueError) as error:  # its bins may be malformed
            self._trouble = (f"nothing is learned from earlier runs: {error}",)

    def habits(self) -> Habits:
        """Return what the user decided about signals in earlier runs."""
        if self.archive is None:
            return Habits()
        try:
            return read_habits(self.archive.database)
        except (HistoryError, ValueError) as error:
            self._trouble = (*self._trouble, str(error))
            return Habits()

    def keep_habits(self, habits: Habits) -> None:
        """Write them, in place of what was kept before."""
        if self._writer is not None:
            self._writer.put(habits)

    def teach(self, learners: Learners) -> None:
        """Give detectors back what they learned in earlier runs, and keep what they have learned every few minutes and
        at the end.
        """
        if self.archive is None:
            return
        try:
            found = read_learned(self.archive.database, self._most_learned)
        except (HistoryError, ValueError) as error:
            self._trouble = (*self._trouble, str(error))
        else:
            self._trouble = (*self._trouble, *learners.restore(found))
        self._learners = learners

    def past(self) -> HistoryView | None:
        """Return how the present compares with the past. This never waits: it returns what the writer found last."""
        if self._writer is not None and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK
            self._writer.ask(self._look_back)
        return self._then

    def add(self, bucket: ClosedBucket) -> None:
        """Take a closed bucket, or late data of one."""
        if self._writer is not None and bucket.start < time.time() + AHEAD:
            known = tuple(closed for closed in bucket.statistics if closed.name in self._units)
            self._minutes.add(bucket._replace(statistics=known))

    def begin(self, now: float) -> None:
        """Note that watching begins."""
        self._watching.begin(now)
        self._learned_at = now + LEARNED

    def advance(self, now: float) -> None:
        """Write the minutes that are over, even if nothing arrived since."""
        if (span := self._watching.advance(now, time.time())) is not None:
            self._minutes.watch(*span)
        self._write(self._minutes.over(now))
        if now >= self._learned_at:
            self._learned_at = now + LEARNED
            self._keep_learned()

    def event(self, event: Event) -> None:
        """Write an alert that started or ended."""
        if isinstance(event, AlertRaised | AlertContinued):
            self._active[event.alert.signal] = event.alert
        elif isinstance(event, AlertDismissed):
            self._active.pop(event.alert.signal, None)
        if self._writer is not None and isinstance(event, AlertRaised | AlertDismissed):
            self._writer.put(stored(event.alert))

    def finish(self, view: View) -> None:
        """Write that the alerts which are still active end with the run, and what detectors have learned."""
        self._keep_learned()
        if self._writer is not None:
            for alert in self._active.values():
                self._writer.put(stored(replace(alert, end=max(view.now, alert.start))))

    def close(self) -> None:
        """Write what is queued, and end. This may be called twice."""
        self._write(self._minutes.rest())
        if self._writer is not None:
            self._writer.close(PATIENCE)

    @property
    def _most_learned(self) -> int:
        return self._keep.size // SHARE

    def _keep_learned(self) -> None:
        if self._learners is None or self._writer is None:
            return
        learned = Learned(self._learners.learned())
        if sum(map(len, learned.states.values())) <= self._most_learned:
            self._writer.put_latest(learned)
        elif TOO_LARGE not in self._trouble:
            self._trouble = (*self._trouble, TOO_LARGE)

    def _make_folder(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _look_back(self) -> None:
        if self.archive is not None:
            self._then = look_back(self.archive, time.time())

    def _write_item(self, item: Minute | StoredAlert | Habits | Learned) -> None:
        if self.archive is None:
            return
        if isinstance(item, Minute):
            self.archive.write(item)
        elif isinstance(item, Habits):
            write_habits(self.archive.database, item)
        elif isinstance(item, Learned):
            self._write_learned(self.archive.database, item)
        else:
            self.archive.write_alert(item)

    def _write_learned(self, database: Database, learned: Learned) -> None:
        try:
            write_learned(database, learned)
        except HistoryError:
            if not database.is_full:  # otherwise the next minute makes room, or says that there is none
                raise

    def _write(self, minutes: Sequence[Minute]) -> None:
        if self._writer is not None:
            for minute in minutes:
                self._writer.put(minute)


def _is_counted(statistic: str) -> bool:
    """Return whether the store counts it, or needs it to restore counts."""
    return statistic == WATCHED or is_shown(statistic)
