"""The session of a fleet's screen: it counts what sensors sent, judges the sums, and shows Views to its outlets.

Nothing here waits for the store: `fleet.reader` reads it in a thread of its own.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf
from typing import Final

from alerting.events import Event
from alerting.monitor import Monitor
from exercise_config import Config
from fleet.alert_book import AlertBook
from fleet.choice import sentences
from fleet.raised import Raised
from fleet.reader import Arrived, FleetReader, Followed, HealthOf, News, Restarted, States
from fleet.silence import Silence
from fleet.statistics import SENSOR_HEALTH, TOP_SENSORS
from run.fleet_decisions import FleetDecisions
from run.fleet_health import TakenByAll, health_of
from run.fleet_view import Fleet, SensorAlerts, with_fleet
from run.session import WINDOWS
from run.signals import rules, terms
from stats.statistic import Statistic
from store.filtering.sensors import Sensor, SensorFilter
from store.store import Store
from store.sums import ClosedBucket
from view.builder import Run, build_view, panel
from view.explanation import explanation
from view.outlet import Outlet
from view.panel import Panel
from view.view import View

LOADING: Final = 0.1
"""Seconds per step that may be spent on the past."""
LATE: Final = 60.0
"""Seconds for which the user is told that sums arrived too late to be judged."""
POLL: Final = 0.5
"""Most seconds between two looks at what the reader has read."""


@dataclass(frozen=True)
class FleetOptions:
    """What the command line says of a fleet."""

    source: str
    """Name of what is watched, for the user."""
    only: SensorFilter
    """The sensors of the fleet that are watched."""
    by_sensor: bool = False
    """Whether alerts that the sensors raised are shown."""
    ignored: tuple[str, ...] = ()
    """Patterns of sensors that may be silent."""


class FleetSession:
    """Everything the main thread owns. Outlets get every View and event."""

    def __init__(
        self,
        config: Config,
        statistics: Sequence[Statistic],
        reader: FleetReader,
        outlets: Sequence[Outlet],
        options: FleetOptions,
        warnings: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """`statistics` are those of the panels; that of the sensors comes before them."""
        bucket, retention = config.dashboard_bucket_size, config.max_retention_length
        shown = [TOP_SENSORS, *statistics]
        self.reader = reader
        self._config = config
        self._counted = [*shown, SENSOR_HEALTH]
        self._monitor = Monitor(rules(config, statistics), terms(config), explanation)
        self._book = AlertBook(retention, config.max_alerts)
        self.decisions = FleetDecisions(self._monitor, self._book, lambda: self.now, self._report)
        """What the user decides about signals."""
        self._silence = Silence(self._book, config.sensor_silence, options.ignored)
        self._raised = Raised(self._book)
        reader.alerts_wanted = options.by_sensor
        self._options = options
        self._run = Run(options.source, 0.0, shown, bucket, retention, config.max_top_hits)
        self._outlets = list(outlets)
        self._warnings = warnings
        self._taken = TakenByAll()
        self._stores: dict[Followed, Store] = {}
        self._base = reader.follow(options.only)
        self._lens: Followed | None = None
        self._states: States = States((), 0.0)
        self._watched: set[str] = set()
        """The sensors that the command line chose, whether they are added up or not."""
        self._health = HealthOf({})
        self._judged_from = inf
        self._late_at = -inf
        self._refresh_at = 0.0
        self._wanted = False
        self.now = 0.0
        """The time that is shown; the clock is `fleet_delay` ahead of it."""

    # Steps ------------------------------------------------------------------------------------------------------------

    def show_to(self, outlet: Outlet) -> None:
        """Show Views and events to this outlet too."""
        self._outlets.append(outlet)

    def begin(self, wall: float) -> None:
        """Begin to learn, and show a View at once, even if it is empty."""
        now = wall - self._config.fleet_delay
        self.now = now
        self._run = replace(self._run, started=now)
        size = self._run.bucket_size
        # Sensors send whole buckets, and the store may have longer periods of those that it has already.
        self._judged_from = ceil(wall / size) * size
        self._monitor.start(self._judged_from)
        self._advance(now)
        self._show(refreshed=True)

    def step(self, wall: float) -> None:
        """Take what was read, judge it, and show a View if one is due."""
        for news in self.reader.news():
            self._hear(news)
        self.load(LOADING)
        self._advance(max(self.now, wall - self._config.fleet_delay))
        refresh = self.now >= self._refresh_at
        if refresh:
            self._monitor.refreshed(self.now)
        watched = any(outlet.watches for outlet in self._outlets) and (refresh or self._monitor.baseline is None)
        if watched or self._wanted:
            self._show(refresh)
        if refresh:
            self._refresh_at = (self.now // self._run.bucket_size + 1) * self._run.bucket_size

    def finish(self) -> None:
        """Show the last View."""
        for outlet in self._outlets:
            outlet.finish(self._view(None))

    def want_view(self) -> None:
        """Let the next step show a View. A signal handler may call this."""
        self._wanted = True

    def load(self, seconds: float) -> bool:
        """Count some of the past that was read, for about so long; return whether more is waiting."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            found = self.reader.past()
            if found is None:
                return False
            followed, bucket = found
            if not followed.left:
                self._store(followed).take(bucket)
            if followed is self._base and bucket.width <= self._run.bucket_size:
                self._monitor.take(bucket)  # if the store was slow, it may belong into the first window
        return True

    def _hear(self, news: News) -> None:
        if isinstance(news, Arrived):
            self._count(news.followed, news.buckets)
        elif isinstance(news, States):
            self._states = news
            only = self._options.only
            watched = [state for state in news.states if only(Sensor(state.name, state.facts.vantage))]
            self._watched = {state.name for state in watched}
            self._report(self._silence.read(watched, news.read_at, self.now))
        elif isinstance(news, Restarted):
            self._stores.pop(news.before, None)
            self._base = news.after if self._base is news.before else self._base
            self._lens = news.after if self._lens is news.before else self._lens
        elif isinstance(news, HealthOf):
            self._health = news
        else:
            alerts = [each for each in news.alerts if each.sensor in self._watched]
            self._report(self._raised.read(alerts, self.now))

    def _count(self, followed: Followed, buckets: Sequence[ClosedBucket]) -> None:
        if followed.left:
            return
        store = self._store(followed)
        for bucket in buckets:
            store.take(bucket)
            if followed is self._base:
                self._taken.add(bucket)
                if not self._monitor.take(bucket) and bucket.start >= self._judged_from:
                    self._late_at = self.now

    def _store(self, followed: Followed) -> Store:
        """Return the sums of a choice of sensors."""
        if followed not in self._stores:
            config = self._config
            bucket, retention = config.dashboard_bucket_size, config.max_retention_length
            store = self._stores[followed] = Store(self._counted, bucket, retention, config.max_keys, WINDOWS)
            store.advance(self.now)
        return self._stores[followed]

    def _advance(self, now: float) -> None:
        self.now = now
        for followed in (self._base, self._lens):
            if followed is not None:
                self._store(followed).advance(now)
        self._monitor.note_taken(now, now, self._taken.reading)
        self._report(self._monitor.advance(now))
        self._book.age(now)

    def _report(self, events: Iterable[Event]) -> None:
        for event in events:
            for outlet in self._outlets:
                outlet.event(event)

    def _show(self, refreshed: bool) -> None:
        self._wanted = False
        view = self._view(None)
        for outlet in self._outlets:
            outlet.show(view, refreshed)

    # Answers ----------------------------------------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """Name of what is watched."""
        return self._options.source

    @property
    def states(self) -> States:
        """What the store said last of all sensors."""
        return self._states

    def look(self, wanted: SensorFilter) -> None:
        """Show only the sensors that match from now on; an empty filter shows all that are watched."""
        if self._lens is not None:
            self.reader.leave(self._lens)
            self._stores.pop(self._lens, None)
            self._lens = None
        if wanted.text:
            self._lens = self.reader.follow(wanted & self._options.only)

    def view(self, window: float | None, rows: int) -> View:
        """Return the View of a window (None: the retention) with this many rows in each top list."""
        return self._view(window, replace(self._run, rows=rows))

    def panel(self, name: str, window: float | None, rows: int) -> Panel:
        """Return one panel of that View."""
        statistic = next(each for each in self._run.statistics if each.name == name)
        return panel(self._store(self._lens or self._base), statistic, rows, window)

    def _view(self, window: float | None, run: Run | None = None) -> View:
        followed = self._lens or self._base
        store = self._store(followed)
        counted = health_of(store)
        reading = counted.reading(tuple(self._sentences(followed)))
        view = build_view(self.now, run or self._run, store, self._monitor, reading, None, window)
        view = replace(view, health=replace(view.health, packet_rate=counted.frames / view.bucket_size))
        fleet = Fleet(self._states.states, self._health.counts, followed, self.reader.loading(followed))
        titles = {judge.rule.name: judge.rule.title for judge in self._monitor.judges}
        alerts = SensorAlerts(self._book, self._silence, titles, self._options.by_sensor)
        return with_fleet(view, fleet, alerts)

    def _sentences(self, followed: Followed) -> Iterable[str]:
        if warning := self.reader.warning:
            yield warning
        yield from self.reader.remarks
        yield from sentences(followed.choice)
        if self.now - self._late_at < LATE:
            yield "sums arrived too late to be judged, and are only in charts and lists (fleet_delay)"
        if unreadable := self._raised.unreadable:
            yield f"{unreadable:,} alerts of sensors are in the form of another version"
        if forgotten := self._book.forgotten:
            yield f"{forgotten:,} alerts of sensors dropped (max_alerts)"
        yield from self._warnings()
