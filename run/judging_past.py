"""Judges the past again: what a history kept of the signals' sums, or a capture, with seasonal baselines.

The same input gives the same anomalies each time: time is that of the traffic, and nothing depends on the clock.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from alerting.alert import Alert
from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Event
from alerting.monitor import Monitor
from cli.arguments import Arguments
from exercise_config import Config
from history.counts import Counts
from history.learned import WIDTHS, learned, minutes_from, periods
from history.outlet import WEEKS
from history.periods import PeriodLevel
from run.opening import opened
from run.plan import planned
from run.session import Session
from run.signals import SIGNALS, rules, terms
from run.watch import Stop, drive, steps
from store.sums import ClosedBucket
from view.explanation import explanation
from view.outlet import Outlet

CALM: Final = 3600
"""Changes of state in an hour from which a signal is said to flap and its alerts are no longer told: here all are."""


class Span(NamedTuple):
    """A span of the past that is judged in buckets of the same width."""

    since: float
    until: float
    level: PeriodLevel

    @property
    def width(self) -> float:
        """Seconds of a period that is kept."""
        return WIDTHS[self.level]


class Anomalies(Outlet):
    """An outlet that collects alerts as they stand at the end."""

    def __init__(self, since: float) -> None:
        """Alerts that were raised before `since` are left out."""
        self._since = since
        self._found: dict[tuple[float, str, str], Alert] = {}

    def event(self, event: Event) -> None:
        """Take what happened to an alert."""
        if isinstance(event, AlertRaised | AlertContinued | AlertDismissed) and event.alert.start >= self._since:
            alert = event.alert
            self._found[alert.start, alert.signal, alert.subject] = alert

    def take(self, events: Iterable[Event]) -> None:
        """Take several events."""
        for event in events:
            self.event(event)

    @property
    def alerts(self) -> list[Alert]:
        """All alerts, in the order in which they were raised."""
        return [self._found[key] for key in sorted(self._found)]


def seasonal(config: Config) -> Config:
    """Return the settings with seasonal baselines for all signals, and without flapping."""
    kinds: dict[str, Any] = {f"{name}_baseline": "seasonal" for name in SIGNALS if hasattr(config, f"{name}_baseline")}
    return replace(config, **kinds, max_changes_per_hour=CALM)


def spans(archive: Counts, since: float, until: float) -> list[Span]:
    """Return the spans to judge: by minutes where they are kept, by hours before."""
    edge = min(minutes_from(archive, since), until)
    first = archive.first(PeriodLevel.HOUR)
    since = since if first is None else max(since, first)
    found = (Span(since, edge, PeriodLevel.HOUR), Span(edge, until, PeriodLevel.MINUTE))
    return [span for span in found if span.since < span.until]


def of_history(archive: Counts, config: Config, judged: Sequence[Span]) -> list[Alert]:
    """Return the anomalies of spans of a history, or of a store. What comes before each is learned from, if it is kept.

    Raises:
        HistoryError, StoreError: the archive cannot be read.
        ValueError: something else wrote to it.
    """
    found = Anomalies(judged[0].since if judged else 0.0)
    for span in judged:
        monitor = _monitor(config, span)
        names = {each.name for judge in monitor.judges for each in judge.rule.statistics}
        monitor.recall(learned(archive, span.since - WEEKS, span.since, names))
        found.take(_replayed(monitor, span, periods(archive, span.level, span.since, span.until, names)))
    return found.alerts


def of_capture(arguments: Arguments, config: Config, since: float) -> list[Alert]:
    """Return the anomalies of a capture that were raised at `since` or later.

    Raises:
        CaptureError: it cannot be read to its end.
        SettingError, StatisticError, DetectorError: a setting is wrong.
    """
    config = seasonal(config)
    stop, plan, found = Stop(), planned(arguments, config), Anomalies(since)
    with opened(arguments, config, plan, stop) as parts:
        session = Session(config, plan.statistics, parts.name, [], [found])
        ending = drive(steps(parts.intake, session, None, stop), stop.wait)
        session.finish(ending.clock, ending.status)
    if ending.error is not None:
        raise ending.error
    return found.alerts


def _monitor(config: Config, span: Span) -> Monitor:
    """Return a monitor whose buckets are those of the span, or several minutes."""
    width = int(span.width)
    size = max(width, config.average_bucket_size)
    config = seasonal(replace(config, dashboard_bucket_size=width, average_bucket_size=size))
    return Monitor(rules(replace(config, average_learning_duration=size)), terms(config), explanation)


def _replayed(monitor: Monitor, span: Span, past: Iterable[ClosedBucket]) -> Iterator[Event]:
    """Judge what was counted. A time that nobody watched is no silence."""
    end: float | None = None
    for bucket in past:
        if end is None:
            monitor.start(bucket.start)
        elif bucket.start > end:
            yield from monitor.advance(end)
            monitor.resume(bucket.start)
        monitor.take(bucket)
        end = bucket.start + bucket.width
        yield from monitor.advance(end)
