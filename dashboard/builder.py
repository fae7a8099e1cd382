"""Numbers become a View. Pure: it reads the store and the monitor, which were advanced to `now` before."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerting.alert import Alert
from alerting.judge import Judge
from alerting.monitor import Monitor
from alerting.rule import WHOLE
from dashboard.chart_builder import CLASSES, RATE, chart
from dashboard.panel_builder import measure, panel
from dashboard.view import AlertView, EnforcingView, HealthView, LearningView, Measure, SignalView, View
from stats.statistic import Statistic
from store.store import Store
from traffic.health import Health

DRAWN = (RATE, CLASSES)
"""The statistics that are drawn over time, not as top lists."""
NAMES = 4
"""Of TLS servers; they share a line with everything else that cannot be read."""
BUCKETS = 240
"""Of the chart of the request rate; wider screens are rare."""


@dataclass(frozen=True)
class Run:
    """What stays the same from start to end."""

    source: str
    """What is watched, as `eth0 port 80`."""
    started: float
    statistics: Sequence[Statistic]
    """In the order of the screen."""
    bucket_size: float
    retention: float
    rows: int
    """Of a top list."""


@dataclass(frozen=True)
class Reading:
    """What the capture and the decoder say about themselves now; totals since the start."""

    health: Health
    dropped: int
    """Frames that the kernel dropped."""
    notices: tuple[str, ...] = ()
    """Sentences of the source that need the user's eye."""


def build_view(
    now: float,
    run: Run,
    store: Store,
    monitor: Monitor,
    reading: Reading,
    previous: View | None = None,
    window: float | None = None,
) -> View:
    """All that a screen shows at `now`. The packet rate is that since `previous`, or since the start.

    Top lists and chart cover `window` seconds: the bucket size, one of the store's windows, or the retention (None).
    """
    names = {statistic.name for statistic in run.statistics}
    counted = RATE in names
    rates = tuple(sums.count / run.bucket_size for sums in store.series(RATE, BUCKETS)) if counted else None
    return View(
        now=now,
        started=run.started,
        source=run.source,
        state=monitor.state.name,
        learning=_learning(monitor, now),
        enforcing=_enforcing(monitor, now),
        health=_health(reading, store, monitor, _packet_rate(now, run, reading.health.frames, previous)),
        alerts=_alerts(monitor),
        longest_alert=monitor.history.longest(now),
        average_alert=monitor.history.average(now),
        dismissed_at=monitor.dismissed_at,
        request_rate=rates,
        peak_rate=store.peak(RATE).count / run.bucket_size if counted else 0.0,
        requests=store.totals(RATE).count if counted else 0,
        bucket_size=run.bucket_size,
        retention=run.retention,
        window=run.retention if window is None else window,
        panels=tuple(panel(store, each, run.rows, window) for each in run.statistics if each.name not in DRAWN),
        chart=chart(store, names, window),
        signals=tuple(_signal(judge, monitor, now) for judge in monitor.judges),
        whole=measure(store.totals(CLASSES, window)) if CLASSES in names else Measure(0, 0),
    )


def _learning(monitor: Monitor, now: float) -> LearningView | None:
    if monitor.baseline is not None:
        return None
    return LearningView(monitor.count, monitor.elapsed(now), monitor.duration, monitor.rate(now))


def _enforcing(monitor: Monitor, now: float) -> EnforcingView | None:
    if monitor.baseline is None or monitor.limit is None:
        return None
    return EnforcingView(
        baseline=monitor.baseline,
        bucket_size=monitor.terms.bucket_size,
        threshold=monitor.threshold,
        limit=monitor.limit,
        count=monitor.count,
        next_check=monitor.next_check(now),
    )


def _signal(judge: Judge, monitor: Monitor, now: float) -> SignalView:
    rule, last = judge.rule, judge.last
    subject = last.subject if last else WHOLE
    return SignalView(
        name=rule.name,
        title=rule.title,
        unit=rule.unit,
        state=judge.state.name,
        baseline=judge.baseline(subject),
        limit=judge.limit(subject),
        value=last.value if last else None,
        threshold=rule.threshold,
        floor=rule.floor,
        silent=judge.silent,
        flapping=judge.flapping,
        low=rule.low,
        points=rule.points,
        previous=judge.previous,
        subject=subject,
        alerts=monitor.history.number(rule.name),
        longest_alert=monitor.history.longest(now, rule.name),
        average_alert=monitor.history.average(now, rule.name),
    )


def _alerts(monitor: Monitor) -> tuple[AlertView, ...]:
    """The active ones in the order of the signals, then those that ended, latest first."""
    titles = {judge.rule.name: judge.rule.title for judge in monitor.judges}
    order = list(titles)
    active = sorted(monitor.history.active, key=lambda alert: order.index(alert.signal))
    return tuple(_alert(alert, titles[alert.signal]) for alert in (*active, *monitor.history.ended))


def _alert(alert: Alert, title: str) -> AlertView:
    return AlertView(
        title=title,
        value=alert.value,
        peak=alert.peak,
        start=alert.start,
        end=alert.end,
        baseline=alert.baseline,
        threshold=alert.threshold,
        limit=alert.limit,
        signal=alert.signal,
        unit=alert.unit,
        subject=alert.subject,
        contributors=alert.contributors,
        explanation=alert.explanation,
    )


def _health(reading: Reading, store: Store, monitor: Monitor, packet_rate: float) -> HealthView:
    health = reading.health
    late = (("record too late to count", store.late),) if store.late else ()
    broken = (f"statistic {name} was switched off: {text.strip().splitlines()[-1]}" for name, text in store.failures)
    gone = monitor.history.forgotten
    forgotten = (f"{gone:,} alerts were forgotten before their time: max_alerts",) if gone else ()
    return HealthView(
        packet_rate=packet_rate,
        frames=health.frames,
        requests=health.requests,
        dropped=reading.dropped,
        queue_lost=reading.health.lost,
        gaps=health.gaps,
        missing_bytes=health.missing_bytes,
        unpaired_responses=health.unpaired_responses,
        unanswered_requests=health.unanswered_requests,
        evicted=health.evicted,
        connections=health.connections,
        unreadable=tuple(health.unreadable.most_common()),
        server_names=tuple(health.server_names.most_common(NAMES)),
        oddities=(*late, *health.oddities.most_common()),
        notices=(*reading.notices, *broken, *forgotten),
    )


def _packet_rate(now: float, run: Run, frames: int, previous: View | None) -> float:
    before, since = (previous.health.frames, previous.now) if previous else (0, run.started)
    if now > since:
        return (frames - before) / (now - since)
    return previous.health.packet_rate if previous else 0.0
