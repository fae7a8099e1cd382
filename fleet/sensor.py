"""Makes this run a sensor of a fleet: what it counts goes to a spool on disk, and from there to a store.

This is the edge. Two threads of its own write and send, so that neither a slow disk nor a slow network delays counting.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import random
from typing import NamedTuple

from alerting.alert import Alert
from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Event
from fleet.ledger import Counted, Ledger
from fleet.rollup import reduced
from fleet.sender import Sender
from fleet.spool import FOLDER_MODE, Bounds, Spool, SpoolError, State
from history.alerts import stored
from history.filling import AHEAD, Filling, Watching
from history.record import HEALTH, Facts, Target
from history.record_codec import ALERT_LENGTH, MAX_AMOUNT
from history.sums import StoredAlert
from history.writer import Disk, Writer
from store.sums import NOTHING, ClosedBucket, KeyedSums, StatisticSums, Sums
from view import figures
from view.outlet import Outlet
from view.view import View

PATIENCE = 5.0
"""Seconds to wait at the end for a slow disk."""
MAX_QUEUED = 12
"""Maximum buckets that wait for the disk."""
MAX_ALERTS = 100
"""Maximum alerts in a record; the others follow in the next."""


class Identity(NamedTuple):
    """Who the sensor is, and to whom it sends."""

    name: str
    facts: Facts
    units: Mapping[str, str]
    """Units of the statistics by name, those of the signals too."""
    keys: int
    """Maximum keys of a statistic in a record."""
    store: str
    """Address of the store, for the user."""
    files: tuple[str, ...] = ()
    """Files that the connection may read again: certificates and keys."""


class Sensor(Outlet):
    """Records the store's and the signals' buckets, health and alerts. Its warnings say what goes wrong."""

    def __init__(
        self, identity: Identity, target: Target, folder: Path, bounds: Bounds, flush_time: float, *, live: bool = True
    ) -> None:
        """At the end, what is left is sent for at most `flush_time` seconds. A live sensor sends at a time that chance
        chooses, as there are others; and it waits for no disk.
        """
        self._live = live
        self._identity, self._target = identity, target
        self._folder, self._bounds, self._flush_time = folder, bounds, flush_time
        self._size = float(identity.facts.bucket_size)
        self._filling = Filling(self._size)
        self._watching = Watching()
        self._health: dict[str, int] = {}
        self._totals: Mapping[str, int] = {}
        self._alerts: list[StoredAlert] = []
        self._active: dict[str, Alert] = {}
        self._now = 0.0
        self._closed_until = 0.0
        self._trouble: tuple[str, ...] = ()
        self._spool: Spool | None = None
        self._ledger: Ledger | None = None
        self._writer: Writer[Counted] | None = None
        self._sender: Sender | None = None

    def start(self) -> None:
        """Open the spool as the user who will own it, and start writing and sending.

        Raises:
            SpoolError: another process has the spool, or it is of another sensor, or cannot be used.
        """
        chance: Callable[[], float] = random if self._live else float
        who = self._identity
        self._spool = Spool(self._folder, who.name, self._bounds)
        self._ledger = Ledger(self._spool, who.name, who.facts, who.units, who.keys, chance())
        self._sender = Sender(self._spool, self._target, who.store, time.time, chance)
        disk = Disk(self._write, self._flush, SpoolError, "buckets lost, which could not be written to the spool")
        self._writer = Writer("spool", disk, patient=not self._live, most=MAX_QUEUED)
        self._writer.start()
        self._sender.start()

    @property
    def folder(self) -> Path:
        """The folder of the spool, which is made now if it can be."""
        with suppress(OSError):  # `start` reports it
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        return self._folder.resolve()

    @property
    def needs(self) -> tuple[str, ...]:
        """Files that the connection may read again."""
        return self._identity.files

    @property
    def warnings(self) -> tuple[str, ...]:
        """Current problems, for the user."""
        if self._spool is None or self._writer is None or self._sender is None:
            return ()
        return (*self._trouble, *self._writer.warnings, *self._sender.warnings, *_lost(self._spool.state))

    @property
    def standing(self) -> str:
        """One line on what waits, and what became of the rest."""
        if self._spool is None or self._sender is None:
            return ""
        state, latest = self._spool.state, self._sender.latest
        sent = f"last sent {figures.moment(latest, None)}" if latest is not None else "nothing sent yet"
        return (
            f"{self._identity.store} as {self._identity.name}: {sent}, "
            f"{figures.counted(state.waiting, 'record')} waiting ({figures.volume(state.size)} in the spool), "
            f"{figures.count(state.refused)} refused, {figures.count(state.dropped)} dropped"
        )

    # From the session -------------------------------------------------------------------------------------------------

    def begin(self, now: float) -> None:
        """Note that watching begins."""
        self._watching.begin(now)
        self._closed_until = self._closed_until or self._filling.start(now)

    def add(self, bucket: ClosedBucket) -> None:
        """Take a closed bucket, or late data of one."""
        if 0 <= bucket.start < time.time() + AHEAD:
            self._filling.add(bucket)

    def note(self, totals: Mapping[str, int]) -> None:
        """Take what capture and decoder counted since the start of the run, by name."""
        self._totals = totals

    def event(self, event: Event) -> None:
        """Note an alert that started, goes on or ended."""
        if isinstance(event, AlertRaised | AlertContinued):
            self._active[event.alert.signal] = event.alert
        elif isinstance(event, AlertDismissed):
            self._active.pop(event.alert.signal, None)
        if isinstance(event, AlertRaised | AlertContinued | AlertDismissed):
            self._alerts.append(_kept(event.alert))

    def advance(self, now: float) -> None:
        """Write a record as soon as a bucket is over, whether or not anything was counted."""
        if (span := self._watching.advance(now, time.time())) is not None:
            self._filling.watch(*span)
        self._now = max(now, self._now)
        if now >= self._closed_until + self._size:
            self._closed_until = self._filling.start(now)
            self._put(self._filling.over(self._closed_until))

    def finish(self, view: View) -> None:
        """Note that the alerts which are still active end with the run."""
        self._alerts += [_kept(replace(alert, end=max(view.now, alert.start))) for alert in self._active.values()]
        self._active.clear()

    def close(self) -> None:
        """Write and send what is left. This may be called twice."""
        if self._writer is None or self._spool is None or self._sender is None:
            return
        if rest := self._filling.rest():
            self._put(rest)
        while self._alerts:
            self._put([])
        self._writer.close(PATIENCE)
        self._sender.close(self._flush_time)
        self._spool.close()

    # ------------------------------------------------------------------------------------------------------------------

    def _put(self, buckets: Sequence[ClosedBucket]) -> None:
        counted = {name: total - self._health.get(name, 0) for name, total in self._totals.items()}
        self._health = dict(self._totals)
        health = _health(counted)
        if health is not None:
            buckets = _with(buckets, health, self._filling.start(self._now - self._size), self._size)
        buckets = reduced(buckets, self._identity.units, self._identity.keys)
        alerts, self._alerts = tuple(self._alerts[:MAX_ALERTS]), self._alerts[MAX_ALERTS:]
        if self._writer is not None:
            self._writer.put(Counted(buckets, alerts, self._now, time.time()))

    def _write(self, counted: Counted) -> None:
        """Write a record, in the writer's thread."""
        if self._ledger is None or self._sender is None:
            return
        try:
            self._ledger.write(counted)
        except ValueError as reason:
            self._trouble = (f"a bucket was lost: {reason}",)
        self._sender.wake()

    def _flush(self) -> None:
        """Write what is pending, after the writer's thread has ended."""
        if self._ledger is None or self._sender is None:
            return
        try:
            self._ledger.flush()
        except SpoolError as reason:
            self._trouble = (str(reason),)
        self._sender.wake()


def _kept(alert: Alert) -> StoredAlert:
    """Return the alert, without its contributors if their names are too long for a record."""
    found = stored(alert)
    return found if len(found.text) <= ALERT_LENGTH else stored(replace(alert, contributors=()))


def _health(counted: Mapping[str, int]) -> StatisticSums | None:
    some = [(name, Sums(min(number, MAX_AMOUNT))) for name, number in counted.items() if number > 0]
    return StatisticSums(HEALTH, KeyedSums.of_items(some), NOTHING) if some else None


def _with(buckets: Sequence[ClosedBucket], health: StatisticSums, start: float, width: float) -> Sequence[ClosedBucket]:
    """Add health to the latest bucket, or as one of its own."""
    if not buckets:
        return [ClosedBucket(max(0.0, start), width, (health,))]
    *others, last = buckets
    return [*others, last._replace(statistics=(*last.statistics, health))]


def _lost(state: State) -> list[str]:
    found = []
    if state.dropped:
        lost = figures.counted(state.dropped, "record")
        found.append(f"{lost} lost before they were sent: the spool was full (spool_size, spool_days)")
    if state.found.missing:
        found.append(f"{figures.counted(state.found.missing, 'record')} of the spool damaged")
    return found
