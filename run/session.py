"""The session is the main thread's part: it counts records, judges the counts, and shows Views to its outlets."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from alerting.events import AlertDismissed, AlertRaised, Event
from alerting.lesson import Lessons
from alerting.monitor import Monitor
from alerting.overload import Taken
from blocking.block import BlockEvent
from capture.intake import Status
from detection.pipeline import Detection
from exercise_config import Config
from run.decisions import Decisions
from run.earlier import Earlier
from run.findings import Findings
from run.schedule import Schedule
from run.session_parts import Evidence, Guard, Recorder, Taker
from run.signals import bucket_size, rules, terms
from stats.statistic import Statistic
from store.batches import BucketedBatch
from store.filtering.filter import Filter
from store.matching import matching
from store.store import Store
from store.watched import Watched
from traffic.batch import Batch, RecordBatch
from traffic.finding import Finding
from view.builder import Reading, Run, build_view, panel
from view.explanation import explanation
from view.outlet import Outlet
from view.panel import Panel
from view.proxied import ProxyView
from view.view import HistoryView, View

if TYPE_CHECKING:
    from inspection.inspection import Inspection

WINDOWS = (120.0, 3600.0)
"""Windows in seconds that can be shown, besides the last bucket and the whole retention."""


class Session:
    """Everything the main thread owns. Takers get every record, outlets every View and event. `warnings` returns
    sentences for the user, such as failing outputs. With `only`, records that do not match it are ignored.
    """

    def __init__(
        self,
        config: Config,
        statistics: Sequence[Statistic],
        source: str,
        takers: Sequence[Taker],
        outlets: Sequence[Outlet],
        warnings: Callable[[], Sequence[str]] = tuple,
        only: Filter | None = None,
    ) -> None:
        bucket, retention = config.dashboard_bucket_size, config.max_retention_length
        self._monitor = Monitor(rules(config, statistics), terms(config), explanation)
        self._store = Store(statistics, bucket, retention, config.max_keys, store_windows(config))
        self.watched = Watched()
        """When this run and earlier ones watched."""
        self._run = Run(source, 0.0, statistics, bucket, retention, config.max_top_hits, self.watched)
        self._takers = list(takers)
        self._outlets = list(outlets)
        self._warnings = warnings
        self._only = only
        self._findings = Findings(Detection())
        self._view: View | None = None
        self._status: Status | None = None
        self.earlier = Earlier(self._monitor, self._store, self.watched)
        """What earlier runs counted."""
        self.decisions = Decisions(self._monitor, lambda: self.now, self._report, self.earlier)
        """What the user decides about signals."""
        self._look_back: Callable[[], HistoryView | None] = lambda: None
        self._recorders: list[Recorder] = []
        self._notes: list[Callable[[Status], None]] = []
        self._evidence: Evidence | None = None
        self._proxy: Callable[[], ProxyView] | None = None
        self._guard: Guard | None = None
        self._serve: Callable[[], None] = lambda: None
        self._known: tuple[Lessons, float] | None = None
        self._wanted = False
        self._resumed = 0.0
        self._counted = 0
        self.ended = False
        """Whether a file was read to its end."""
        self.now = 0.0
        """The packet time up to which everything was counted and judged."""
        self.schedule = Schedule(config.timeout, bucket, self._monitor.terms.bucket_size)
        """When `tick` is due."""

    def record_in(self, recorder: Recorder) -> None:
        """Hand the recorder each bucket of the store as it closes."""
        self._recorders.append(recorder)
        self._store.on_close(recorder.add)

    def record_all_in(self, recorder: Recorder) -> None:
        """Hand the recorder what the signals count too."""
        self.record_in(recorder)
        self._monitor.on_close(recorder.add)

    def tell(self, recorder: Recorder, note: Callable[[Status], None]) -> None:
        """Hand the recorder what the signals count too, and `note` the status before each of its steps."""
        self.record_all_in(recorder)
        self._notes.append(note)

    def compare_with(self, look_back: Callable[[], HistoryView | None]) -> None:
        """Add the history that `look_back` returns to each View. It must not block."""
        self._look_back = look_back

    def keep_evidence(self, evidence: Evidence) -> None:
        """Have the evidence of each alert kept."""
        self._evidence = evidence

    def guard_with(self, guard: Guard) -> None:
        """Have clients blocked that findings and alerts name. Call this before the start."""
        self._guard = guard
        self._takers.append(guard)

    def obey(self, serve: Callable[[], None]) -> None:
        """Call `serve` in each step: it answers commands of the user's."""
        self._serve = serve

    def show_proxy(self, proxy: Callable[[], ProxyView]) -> None:
        """Add the proxy to each View."""
        self._proxy = proxy

    def lift(self, network: str) -> bool:
        """Lift the block of a client; return whether there was one."""
        lifted = self._guard is not None and self._guard.lift(network)
        self._guard_until(self.now)
        return lifted

    def detect_with(
        self,
        detection: Detection,
        inspection: "Inspection | None" = None,
        others: Callable[[], Sequence[Finding]] = tuple,
    ) -> None:
        """Count what `detection` finds in the records, `inspection` in contents, and what `others` returns, like other
        records. Call this before the start.
        """
        self._findings = Findings(detection, inspection, others)

    def judge_by(self, lessons: Lessons, opens: float) -> None:
        """Judge from `opens` on by what was learned in an earlier run. Call this before the start."""
        self._known = lessons, opens

    def replay(self, now: float) -> None:
        """Begin to learn from a file."""
        self.schedule = self.schedule.of_file()
        self.start(now)

    def begin(self, now: float, status: Status) -> None:
        """Begin to learn live, and show a View at once, even if it is empty."""
        self.start(now)
        self.tick(now, status)

    def start(self, now: float) -> None:
        """Begin to learn."""
        self._run = replace(self._run, started=now)
        self._watch_from(now)
        self._monitor.start(now)
        if self._known is not None:
            self._monitor.restore(*self._known)
        self.schedule.begin(now)

    def hand_to(self, *takers: Taker) -> None:
        """Hand records to these takers too, in this order."""
        self._takers += takers

    def show_to(self, outlet: Outlet) -> None:
        """Show Views and events to this outlet too."""
        self._outlets.append(outlet)

    def count(self, batch: Batch) -> None:
        """Count the records of a batch."""
        batch, found = self._findings.look(batch)  # in all of it: a filter of findings matches no exchange
        self._counted += len(batch)
        self._take(batch)
        self._take_found(found)

    def settle(self, seconds: float) -> bool:
        """Wait until all contents are inspected, at most so long, and then count what was found. Return whether it was
        done.
        """
        found = self._findings.settled(seconds)
        self._take_found(found or RecordBatch())
        return found is not None

    def end_inspection(self) -> None:
        """Count what was found so far, and the contents that are left as not inspected."""
        self._take_found(self._findings.ended())

    @property
    def must_settle(self) -> bool:
        """Whether so many contents wait that reading a file should wait for them."""
        return self._findings.full

    def _take_found(self, found: Batch) -> None:
        if len(found):
            self._take(found)

    def _take(self, batch: Batch) -> None:
        if self._only is not None:
            batch = matching(self._only, batch)
        shared = BucketedBatch(batch, self._run.bucket_size)
        for taker in self._takers:
            taker.take(shared)
        self._store.add(shared)
        self._monitor.add(shared)

    def tick(self, now: float, status: Status) -> None:
        """Judge, delete old counts, and show a View if one is due. All records before `now` must have been counted."""
        self.judge(now, status)
        refresh = now >= self.schedule.refresh_at
        if refresh:
            self._monitor.refreshed(now)
        watched = any(outlet.watches for outlet in self._outlets) and (refresh or self._monitor.baseline is None)
        if watched or self._wanted:
            self._wanted = False
            self._view = view = self._build(now, status)
            for outlet in self._outlets:
                outlet.show(view, refresh)
        self.schedule.begin(now)
        self.earlier.go_on()

    def want_view(self) -> None:
        """Let the next tick show a View, even if no refresh is due. A signal handler may call this."""
        self._wanted = True

    def finish(self, now: float, status: Status) -> None:
        """Show the last View. All records must have been counted."""
        self.judge(now, status)
        view = self._build(now, status)
        if self._guard is not None:
            self._tell_blocks(self._guard.end(now))
        for outlet in self._outlets:
            outlet.finish(view)
        self._store.advance(now + self._run.bucket_size)  # closes the current bucket too
        self._monitor.close_buckets(now + self._run.bucket_size)

    @property
    def due(self) -> float:
        """The packet time of the next `tick`."""
        return self.schedule.due

    @property
    def closes(self) -> float:
        """When the current bucket of the signals is judged."""
        return self._monitor.closes

    @property
    def lessons(self) -> Lessons:
        """What the signals have learned."""
        return self._monitor.lessons

    @property
    def source(self) -> str:
        """Interface or file, with the ports."""
        return self._run.source

    def complaints(self) -> list[str]:
        """Return the tracebacks of disabled plug-ins, and sentences about inspectors whose process died."""
        broken = [("statistic", *failure) for failure in self._store.failures] + [*self._findings.tracebacks()]
        return [*(f"{kind} {name} was disabled:\n{text}" for kind, name, text in broken), *self._findings.ends]

    def judge(self, now: float, status: Status) -> None:
        """Judge, and delete old counts. All records before `now` must have been counted."""
        self.now, self._status = now, status
        resumed = now >= status.resumed > self._resumed  # the clock jumped, and nobody watched meanwhile
        if resumed:
            self._watch_from(now)
        self.watched.advance(now)
        self.watched.drop(now - self._run.retention)
        # At the end of a file, the bucket that it ends in is over too.
        self._store.advance(now + self._run.bucket_size if self.ended else now)
        self._monitor.note_taken(now, status.read_at, self._taken(status))
        if resumed:
            self._resumed = status.resumed
            self._monitor.resume(now)
        if self._evidence is not None:
            self._evidence.advance(now)
        if now >= self._monitor.closes:
            self.earlier.learn_all()
        self._report(self._monitor.advance(now))
        self._serve()
        self._guard_until(now)
        self.decisions.keep()
        for note in self._notes:
            note(status)
        for recorder in self._recorders:  # last, so that they know the alerts of now
            recorder.advance(now)

    def _watch_from(self, now: float) -> None:
        self.watched.begin(now)
        for recorder in self._recorders:
            recorder.begin(now)

    def _report(self, events: Iterable[Event]) -> None:
        for event in map(self._with_evidence, events):
            if self._guard is not None:
                self._guard.judge(event)
            for outlet in self._outlets:
                outlet.event(event)

    def _guard_until(self, now: float) -> None:
        """Have the guard do what is due, and report it."""
        if self._guard is not None:
            self._tell_blocks(self._guard.advance(now))

    def _tell_blocks(self, events: Iterable[BlockEvent]) -> None:
        for event in events:
            for outlet in self._outlets:
                outlet.block(event)

    def _with_evidence(self, event: Event) -> Event:
        """Have the evidence of a new alert kept, and name its folder in the event and in the history; and have the end
        of an alert noted.
        """
        if self._evidence is not None and isinstance(event, AlertDismissed):
            self._evidence.ended(event.alert)
        if self._evidence is None or not isinstance(event, AlertRaised):
            return event
        folder = self._evidence.raised(event.alert)
        if not folder:
            return event
        named = replace(event.alert, incident=folder, explanation=f"{event.alert.explanation}; evidence in {folder}")
        self._monitor.history.change(named)
        return replace(event, alert=named)

    def _taken(self, status: Status) -> tuple[Taken, ...]:
        packets, health = status.counters, status.health
        return Taken(packets.received, packets.dropped), Taken(self._counted, health.lost)

    def view(self, window: float | None, rows: int | None = None, store: Store | None = None) -> View | None:
        """Return the View at `now`, for a window of time (None: everything kept) and a number of rows per top list
        (None: the setting). It is about `store` if given, otherwise about the session's own. The result is None
        before the first judgement.
        """
        if self._status is None:
            return None
        run = self._run if rows is None else replace(self._run, rows=rows)
        return self._build(self.now, self._status, run, window, store)

    def panel(self, name: str, window: float | None, rows: int, store: Store | None = None) -> Panel:
        """Return one panel of that View."""
        statistic = next(each for each in self._run.statistics if each.name == name)
        return panel(store or self._store, statistic, rows, window)

    def _build(
        self,
        now: float,
        status: Status,
        run: Run | None = None,
        window: float | None = None,
        store: Store | None = None,
    ) -> View:
        warnings = (*status.warnings, *self._warnings(), *self._findings.disabled(), *self._findings.ends)
        reading = Reading(status.health, status.counters.dropped, warnings, *status.keys, *self._findings.inspected)
        view = build_view(now, run or self._run, store or self._store, self._monitor, reading, self._view, window)
        if self._guard is not None:
            view = replace(view, blocks=self._guard.view)
        if self._proxy is not None:
            view = replace(view, proxy=self._proxy())
        if store is not None:
            return replace(view, ended=self.ended)
        return replace(view, ended=self.ended, history=self._look_back(), history_since=self.watched.since)


def store_windows(config: Config) -> tuple[float, ...]:
    """Return the windows of the store: those of the screen, and with incidents also a bucket of the signals."""
    return (*WINDOWS, float(bucket_size(config))) if config.incidents else WINDOWS
