"""Builds a View from the store and the monitor, both of which were advanced to `now` before. Pure.

It reads from top to bottom: first the View, then each of its parts in the order in which they are filled in.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from alerting.alert import Alert
from alerting.band import Band
from alerting.judge import Judge
from alerting.monitor import Monitor
from alerting.rule import WHOLE
from stats.statistic import HITS, Statistic, Unit, counts_responses, only_when_seen, usual_keys
from store.curves import CURVE_SLICES, Curve
from store.store import Store
from store.sums import Sums, TopRow
from store.watched import Watched
from traffic.health import Health
from view.decision import signal_in_words
from view.explanation import too_low
from view.panel import NOTHING, BandView, Chart, Measure, Panel, ResponseTimes, Row
from view.view import AlertView, EnforcingView, HealthView, LearningView, SignalView, View

WIDEST = 10
"""From this multiple of the expected rate on, the upper end of what is usual says nothing."""
RATE, CLASSES = "request_rate", "status_classes"
"""The statistics that are drawn over time instead of as top lists."""
CLASS_NAMES = ("1xx", "2xx", "3xx", "4xx", "5xx", "(no response)", "(not seen)")
"""Keys of `status_classes` in drawing order."""
NOT_KEPT = "content not kept"
"""Oddity of the decoder: it had no room for the content of an exchange."""
LEAST_WATCHED = 1.0
"""Fewest seconds that make a rate: a request in the hundredth of a second before a bucket ends is not 100 /s."""
SERVER_NAMES = 4
"""Most TLS server names in a View; they share one line with everything else that cannot be read."""


@dataclass(frozen=True)
class Run:
    """Holds what stays the same during a run."""

    source: str
    """Interface or file, with the ports, as `eth0 port 80`."""
    started: float
    statistics: Sequence[Statistic]
    """In screen order."""
    bucket_size: float
    retention: float
    rows: int
    """Most rows of a top list."""
    watched: Watched | None = None
    """When somebody watched; None means always."""


@dataclass(frozen=True)
class Reading:
    """Holds what capture and decoder report about themselves; totals since the start."""

    health: Health
    dropped: int
    """Frames dropped by the kernel."""
    warnings: tuple[str, ...] = ()
    """Sentences that need the user's attention."""
    keys: int = 0
    """Keys of TLS connections that were read."""
    key_sources: tuple[str, ...] = ()
    """Where they come from."""
    inspected: int = 0
    """Exchanges whose content was inspected."""
    uninspected: tuple[tuple[str, int], ...] = ()
    """Exchanges whose content should have been inspected, and was not, by reason."""


def build_view(
    now: float,
    run: Run,
    store: Store,
    monitor: Monitor,
    reading: Reading,
    previous: View | None = None,
    window: float | None = None,
) -> View:
    """Build what a screen shows at `now`.

    Top lists and chart cover `window` seconds: the bucket size, one of the store's windows, or the retention (None).
    The packet rate is measured since the `previous` View, or since the start.
    """
    counted = {statistic.name for statistic in run.statistics}
    has_rate = RATE in counted
    latest = latest_rates(store, now, run) if has_rate else None
    return View(
        now=now,
        started=run.started,
        source=run.source,
        bucket_size=run.bucket_size,
        retention=run.retention,
        window=run.retention if window is None else window,
        state=monitor.state.name,
        learning=_learning(monitor, now),
        enforcing=_enforcing(monitor, now),
        health=_health(reading, store, monitor, _packet_rate(now, run, reading.health.frames, previous)),
        alerts=_alerts(monitor),
        longest_alert=monitor.history.longest(now),
        average_alert=monitor.history.average(now),
        dismissed_at=monitor.dismissed_at,
        signals=tuple(_signal(judge, monitor, now) for judge in monitor.judges),
        request_rate=latest,
        peak_rate=0.0 if latest is None else _peak(store, run, latest),
        requests=store.totals(RATE).count if has_rate else 0,
        whole=measure(store.totals(CLASSES, window)) if CLASSES in counted else NOTHING,
        chart=_with_band(chart(store, counted, window, run.watched), monitor),
        panels=tuple(
            panel(store, each, run.rows, window) for each in run.statistics if each.name not in (RATE, CLASSES)
        ),
    )


# State and health ---------------------------------------------------------------------------------------------------


def _learning(monitor: Monitor, now: float) -> LearningView | None:
    if monitor.baseline is not None:
        return None
    return LearningView(monitor.count, monitor.elapsed(now), monitor.duration, monitor.rate(now), monitor.silence)


def _enforcing(monitor: Monitor, now: float) -> EnforcingView | None:
    if monitor.baseline is None or monitor.limit is None:
        return None
    return EnforcingView(
        baseline=monitor.baseline,
        bucket_size=monitor.terms.bucket_size,
        threshold=monitor.threshold,
        limit=_known(monitor.limit),
        count=monitor.count,
        next_check=monitor.next_check(now),
    )


def _known(limit: float | None) -> float | None:
    """Return a limit; None if a season has seen too little to have one."""
    return limit if limit is not None and isfinite(limit) else None


def _packet_rate(now: float, run: Run, frames: int, previous: View | None) -> float:
    before, since = (previous.health.frames, previous.now) if previous else (0, run.started)
    if now > since:
        return (frames - before) / (now - since)
    return previous.health.packet_rate if previous else 0.0


def _health(reading: Reading, store: Store, monitor: Monitor, packet_rate: float) -> HealthView:
    health = reading.health
    late = (("record too late to count", store.late),) if store.late else ()
    return HealthView(
        packet_rate=packet_rate,
        frames=health.frames,
        requests=health.requests,
        dropped=reading.dropped,
        queue_lost=health.lost,
        gaps=health.gaps,
        missing_bytes=health.missing_bytes,
        unpaired_responses=health.unpaired_responses,
        unanswered_requests=health.unanswered_requests,
        unnamed_requests=health.unnamed_requests,
        unknown_owners=health.unknown_owners,
        unasked_owners=health.unasked_owners,
        forgotten_owners=health.forgotten_owners,
        evicted=health.evicted,
        connections=health.connections,
        unreadable=tuple((+health.unreadable).most_common()),  # without kinds that turned out to be readable
        server_names=tuple(health.server_names.most_common(SERVER_NAMES)),
        oddities=(*late, *health.oddities.most_common()),
        secrets=tuple(health.secrets.most_common()),
        warnings=(*reading.warnings, *_own_warnings(store, monitor)),
        dropped_share=monitor.dropped_share,
        keys=reading.keys,
        key_sources=reading.key_sources,
        inspected=reading.inspected,
        uninspected=_uninspected(reading),
    )


def _uninspected(reading: Reading) -> tuple[tuple[str, int], ...]:
    """List what inspectors did not see, most frequent reason first; the decoder counts what it had no room for."""
    not_kept = reading.health.oddities.get(NOT_KEPT, 0)
    return tuple((+Counter({**dict(reading.uninspected), NOT_KEPT: not_kept})).most_common())


def _own_warnings(store: Store, monitor: Monitor) -> Sequence[str]:
    """List broken plug-ins, alerts that the limit pushed out, and an overload."""
    warnings = [f"statistic {name} was disabled: {text.strip().splitlines()[-1]}" for name, text in store.failures]
    if dropped := monitor.history.forgotten:
        warnings.append(f"{dropped:,} {'alert' if dropped == 1 else 'alerts'} dropped (max_alerts)")
    if sentence := too_low(monitor.dropped_share):
        warnings.append(f"{sentence}; nothing is learned, and missing traffic does not alert")
    return warnings


# Alerts and signals -------------------------------------------------------------------------------------------------


def _alerts(monitor: Monitor) -> tuple[AlertView, ...]:
    """List the active alerts in signal order, then those that ended, latest first. Alerts of earlier runs may be of
    signals that are not judged now.
    """
    titles = {judge.rule.name: judge.rule.title for judge in monitor.judges}
    order = list(titles)
    active = sorted(monitor.history.active, key=lambda alert: order.index(alert.signal))
    muted = {judge.rule.name: judge.muted_until for judge in monitor.judges if judge.muted}
    size, shown = monitor.terms.bucket_size, (*active, *monitor.history.ended)
    return tuple(alert_view(alert, alert_title(alert, titles), size, muted.get(alert.signal)) for alert in shown)


def alert_title(alert: Alert, titles: Mapping[str, str]) -> str:
    """Return the title of an alert's signal, from those of the signals that are judged here; else the name in words."""
    return titles.get(alert.signal) or signal_in_words(alert.signal).capitalize()


def alert_view(alert: Alert, title: str, bucket_size: float, muted: float | None) -> AlertView:
    """Convert an alert to what a screen shows. `muted` is when the muting of its signal ends; None if it is not."""
    return AlertView(
        bucket_size=bucket_size,
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
        quiet="muted" if muted is not None else "acknowledged" if alert.acknowledged else "",
        quiet_until=_end(muted),
        dropped_share=alert.dropped_share,
        incident=alert.incident,
        sensor=alert.sensor,
        since=alert.since,
        before=alert.before,
        after=alert.after,
        stepped=alert.stepped,
    )


def _end(muted_until: float | None) -> float | None:
    """Return when a muting ends by itself; None if it does not, and without one."""
    return muted_until if muted_until is not None and isfinite(muted_until) else None


def _signal(judge: Judge, monitor: Monitor, now: float) -> SignalView:
    rule, last = judge.rule, judge.last
    subject = last.subject if last else WHOLE
    return SignalView(
        name=rule.name,
        title=rule.title,
        unit=rule.unit,
        state=judge.state.name,
        baseline=judge.baseline(subject),
        limit=_known(judge.limit(subject)),
        value=last.value if last else None,
        threshold=rule.threshold,
        floor=rule.floor,
        silent=judge.silent,
        flapping=judge.flapping,
        muted=judge.muted,
        muted_until=_end(judge.muted_until),
        low=rule.low,
        points=rule.points,
        previous=judge.kind == "previous",
        seasonal=judge.kind == "seasonal",
        baseline_chosen=judge.kind != judge.setting,
        season_offer=judge.offer,
        subject=subject,
        alerts=monitor.history.number(rule.name),
        longest_alert=monitor.history.longest(now, rule.name),
        average_alert=monitor.history.average(now, rule.name),
    )


# Traffic in a window ------------------------------------------------------------------------------------------------


def chart(store: Store, counted: Collection[str], window: float | None, watched: Watched | None = None) -> Chart | None:
    """Draw requests and status classes over a window (None: the retention); None if no statistic counts requests."""
    if RATE not in counted:
        return None
    requests = store.curve(RATE, window)
    return Chart(requests.start, requests.width, rates(requests, watched), _classes(store, counted, window))


def _with_band(drawn: Chart | None, monitor: Monitor) -> Chart | None:
    """Add what is usual at the middle of each slice."""
    if drawn is None or monitor.judges[0].kind != "seasonal":
        return drawn
    middles = [drawn.start + (place + 0.5) * drawn.width for place in range(len(drawn.rates))]
    return replace(drawn, band=tuple(map(_band, monitor.band(middles))))


def _band(band: Band | None) -> BandView | None:
    """Return what is usual; None if it is so wide that it says nothing, as on the first day of a season."""
    return BandView(*band) if band is not None and band.high <= WIDEST * band.expected else None


def latest_rates(store: Store, now: float, run: Run) -> tuple[float | None, ...]:
    """Return the requests per second of the latest closed buckets."""
    counts = tuple(sums.count for sums in store.series(RATE, CURVE_SLICES))
    end = now // run.bucket_size * run.bucket_size
    return rates(Curve(end - len(counts) * run.bucket_size, run.bucket_size, run.bucket_size, counts), run.watched)


def _peak(store: Store, run: Run, latest: Sequence[float | None]) -> float:
    """Return the highest rate: of whole buckets, or of a recent one that was watched in part."""
    return max(store.peak(RATE).count / run.bucket_size, *(rate or 0.0 for rate in latest), 0.0)


def rates(curve: Curve, watched: Watched | None) -> tuple[float | None, ...]:
    """Convert counts to requests per second: only the part of a slice that has elapsed and was watched counts."""
    begins = [curve.start + number * curve.width for number in range(len(curve.counts))]
    lengths = [*[curve.width] * (len(begins) - 1), curve.elapsed]
    slices = zip(curve.counts, begins, lengths, strict=False)
    return tuple(_rate(count, begin, length, watched) for count, begin, length in slices)


def _rate(count: int, begin: float, length: float, watched: Watched | None) -> float | None:
    seconds = length if watched is None else watched.seconds(begin, begin + length)
    if not seconds:
        # What an earlier run counted is known by the minute only.
        return count / length if count else None
    return count / max(seconds, min(length, LEAST_WATCHED))


def _classes(store: Store, counted: Collection[str], window: float | None) -> tuple[tuple[str, tuple[int, ...]], ...]:
    if CLASSES not in counted:
        return ()
    curves = ((name, store.curve(CLASSES, window, key=name).counts) for name in CLASS_NAMES)
    return tuple((name, counts) for name, counts in curves if any(counts))


def panel(store: Store, statistic: Statistic, limit: int, window: float | None) -> Panel:
    """Build the top list of a statistic in a window, with at most `limit` rows."""
    top = store.top(statistic.name, limit, window)
    unit = statistic.unit
    *rows, other = (_row(row, unit) for row in (*top.rows, top.other))
    whole, responses = measure(top.whole, unit), counts_responses(statistic)
    seen = not only_when_seen(statistic) or _seen(store, statistic)
    return Panel(statistic.name, statistic.title, unit, tuple(rows), other, whole, *top.slicing, responses, seen)


def _seen(store: Store, statistic: Statistic) -> bool:
    """Return whether an unusual key was counted in the retention."""
    usual = usual_keys(statistic)
    top = store.top(statistic.name, len(usual) + 1)
    return top.other.window.count > 0 or any(row.key not in usual for row in top.rows)


def _row(row: TopRow, unit: Unit) -> Row:
    return Row(row.key, measure(row.recent, unit), measure(row.window, unit), row.trend)


def measure(sums: Sums, unit: Unit = HITS) -> Measure:
    """Convert sums to the numbers that a screen shows."""
    total = sums.total(unit)
    return Measure(sums.count, total, sums.bytes, _times(sums), sums.client_errors, sums.server_errors)


def _times(sums: Sums) -> ResponseTimes | None:
    average, slowest = sums.average, sums.times.slowest
    p50, p90, p95, p99 = sums.times.quantiles(0.5, 0.9, 0.95, 0.99)
    if average is None or slowest is None:
        return None
    return ResponseTimes(average, p50, p90, p95, p99, slowest)
