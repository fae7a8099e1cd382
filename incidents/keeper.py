"""Keeps the evidence of alerts: freezes the packets when an alert is raised, and has its folder written."""

from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple, Protocol

from alerting.alert import Alert
from alerting.lesson import Lessons
from capture.recent_packets import RecentPackets
from incidents import comparison
from incidents.bundle import Bundle, Renders, add_to_summary
from incidents.comparison import Span
from incidents.folders import IncidentFolders
from incidents.incident import Incident, Run, Scene
from incidents.summary import afterwards
from incidents.worker import Worker
from store.recent import Recent, slowest
from traffic.records import Exchange
from view import figures
from view.view import AlertView, View

ROWS: Final = 200
"""Rows of the top lists that the bucket is compared with."""
SLOWEST: Final = 10
"""Slowest exchanges that are listed."""
MOST_WAITING: Final = 1
"""Jobs of writing that may wait when another incident begins: the end of the one before."""
PATIENCE: Final = 30.0
"""Seconds to wait at the end for what is still to be written."""


class Books(Protocol):
    """Counts and judges everything; the session does."""

    @property
    def closes(self) -> float:
        """When the current bucket is judged."""

    @property
    def lessons(self) -> Lessons:
        """What was learned."""

    def view(self, window: float | None, rows: int | None = None) -> View | None:
        """Return the View of a window with this many rows in each top list; None before the start."""


class Reach(NamedTuple):
    """How far evidence reaches. All in seconds."""

    before: float
    """Before the alert."""
    after: float
    bucket: float
    """Length of the buckets that are judged."""
    bucket_window: float | None
    """The window of the store that covers such a bucket."""
    hour: float | None
    """The window to compare with; None is the whole retention."""


class IncidentKeeper:
    """Has one folder written for each alert, and for those that are raised while packets are kept for it."""

    def __init__(
        self,
        run: Run,
        reach: Reach,
        folders: IncidentFolders,
        packets: RecentPackets,
        recent: Recent,
        page: Renders | None,
        worker: Worker,
    ) -> None:
        """`packets` gets all packets, and `recent` all exchanges. `page` is None if no pages can be made."""
        self.packets = packets
        self.recent = recent
        self._run = run
        self._reach = reach
        self._folders = folders
        self._page = page
        self._worker = worker
        self._books: Books | None = None
        self._views: list[View] = []
        self._open: _Open | None = None
        self._skipped = 0
        self._trouble = ""

    def check(self) -> None:
        """Check that the program may write to the folder, with the rights that it has now.

        Raises:
            UnavailableError: it may not.
        """
        self._folders.check()

    def watch(self, books: Books) -> None:
        """Learn from `books` how things stand."""
        self._books = books

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what could not be kept."""
        reason = self._trouble or self._worker.failure
        failed = f"evidence of an alert is missing or incomplete: {reason}" if reason else ""
        skipped = figures.counted(self._skipped, "incident")
        busy = f"{skipped} not kept: the disk is too slow" if self._skipped else ""
        return tuple(filter(None, (failed, busy)))

    def advance(self, now: float) -> None:
        """Note that everything up to `now` was counted, and may be judged next."""
        if self._open is not None and now >= self._open.incident.until:
            self._finish()
        if self._books is not None and now >= self._books.closes:
            view = self._books.view(self._reach.hour, ROWS)
            self._views = [*self._views[-1:], *([view] if view else [])]

    def raised(self, alert: Alert) -> str:
        """Keep the evidence of an alert. Return its folder; empty if there is none."""
        if alert.muted:
            return ""
        if self._open is not None:
            view = self._books.view(self._reach.hour, 0) if self._books is not None else None
            self._open.add(alert, _alert_view(view, alert))
            return self._open.incident.folder
        if self._worker.waiting > MOST_WAITING:
            self._skipped += 1
            return ""
        try:
            return self._begin(alert)
        except OSError as error:
            self._trouble = f"cannot make a folder in {self._folders.root}: {error.strerror}"
            return ""

    def ended(self, alert: Alert) -> None:
        """Add the end of an alert to the summary of its incident."""
        if not alert.incident:
            return
        if self._open is not None and self._open.incident.folder == alert.incident:
            self._open.ended.append(alert)
        else:
            self._worker.put(lambda: self._note_end(alert))

    def _note_end(self, alert: Alert) -> None:
        add_to_summary(alert.incident, afterwards(alert, self._run.zone))

    def close(self) -> None:
        """Complete the open incident, and wait until everything is written."""
        if self._open is not None:
            self._finish()
        self._worker.close(PATIENCE)

    def _begin(self, alert: Alert) -> str:
        reach, recent = self._reach, self.recent
        since, until = alert.start - reach.before, alert.start + reach.after
        exchanges = [each for each in recent if since <= each.time <= until]
        scene = self._scene(alert, exchanges)
        shown = _alert_view(scene.view, alert) if scene is not None else None
        if self._books is None or scene is None or shown is None:
            return ""
        folder = str(self._folders.make(alert.signal, alert.start))
        frozen = self.packets.freeze(since, until)
        incident = Incident(self._run, folder, (alert,), (shown,), scene, self._books.lessons, since, until)
        bundle = Bundle(incident, self._page)
        self._open = _Open(incident, bundle, recent.dropped + len(recent))
        forgotten = recent.since if recent.dropped and (recent.since or since) > since else None
        self._worker.put(lambda: bundle.begin(frozen, exchanges, forgotten))
        return folder

    def _finish(self) -> None:
        done, self._open = self._open, None
        if done is None:
            return
        followed, incident = self.packets.release(), done.incident
        forgotten = max(0, self.recent.dropped - done.counted)
        later = islice(self.recent, max(0, done.counted - self.recent.dropped), None)
        exchanges = [each for each in later if each.time <= incident.until]

        def finish() -> None:
            done.bundle.finish(incident, followed, exchanges, forgotten)
            for alert in done.ended:
                self._note_end(alert)
            self._folders.prune()

        self._worker.put(finish)

    # How things stand -------------------------------------------------------------------------------------------------

    def _scene(self, alert: Alert, exchanges: list[Exchange]) -> Scene | None:
        books, reach = self._books, self._reach
        hour = books.view(reach.hour) if books else None
        bucket = books.view(reach.bucket_window, comparison.ROWS) if books else None
        if hour is None or bucket is None:
            return None
        opens = alert.start - reach.bucket
        within = [each for each in exchanges if opens < each.time <= alert.start]
        counted = any(panel.name == comparison.CLIENTS for panel in bucket.panels)
        return Scene(
            view=hour,
            bucket=Span(bucket, reach.bucket),
            before=self._before(opens),
            slowest=tuple(slowest(within, SLOWEST)),
            clients=() if counted else tuple(within),
        )

    def _before(self, opens: float) -> Span | None:
        """Return the hour before the bucket that alerted: the View of when it opened."""
        view = next((view for view in reversed(self._views) if view.now < opens + self._reach.bucket / 2), None)
        if view is None:
            return None
        started = view.started if view.history_since is None else min(view.started, view.history_since)
        seconds = min(view.window, view.now - started)
        return Span(view, seconds) if seconds > 0 else None


def _alert_view(view: View | None, alert: Alert) -> AlertView | None:
    alerts = view.alerts if view is not None else ()
    return next((each for each in alerts if (each.signal, each.start) == (alert.signal, alert.start)), None)


class _Open:
    """An incident for which packets are still kept."""

    def __init__(self, incident: Incident, bundle: Bundle, counted: int) -> None:
        self.incident = incident
        self.bundle = bundle
        self.counted = counted
        """Exchanges until the alert, those that were forgotten included."""
        self.ended: list[Alert] = []
        """Alerts of it that have ended."""

    def add(self, alert: Alert, shown: AlertView | None) -> None:
        """Note another alert."""
        incident, views = self.incident, (shown,) if shown is not None else ()
        self.incident = replace(incident, alerts=(*incident.alerts, alert), shown=(*incident.shown, *views))
