"""Prepares the rest of the page: totals, alerts, signals and health. Pure."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from alerting.alert import SignalUnit
from view import figures
from view.badge import badge, badge_text, unlearned
from view.past import busiest, then_and_now
from view.view import AlertView, HealthView, HistoryView, SignalView, View


class Fact(NamedTuple):
    """A name, its value as text, and whether it is a problem."""

    name: str
    text: str
    worry: bool = False


def figures_of(view: View, zone: tzinfo | None) -> tuple[Fact, ...]:
    """Return the figures at the top of the page."""
    return tuple(_figures_of(view, zone))


def _figures_of(view: View, zone: tzinfo | None) -> Iterator[Fact]:
    yield Fact("State", badge_text(view), badge(view).state == "ALERT")
    if reason := unlearned(view):
        yield Fact("Baseline", f"none: {reason}")
    if view.history_since is not None:
        yield Fact("Includes history since", figures.since(view.history_since, view.now, zone))
    yield Fact(f"Requests in {figures.span(view.retention)}", figures.count(view.requests))
    yield Fact("Peak rate", f"{figures.rate(view.peak_rate)} /s")
    if view.whole.volume:
        yield Fact("Downloaded", figures.volume(view.whole.volume))
    if (failed := _failed(view)) is not None:
        yield Fact("Server errors (5xx)", *failed)
    times = view.whole.times
    if times is not None:
        for name, seconds in (
            ("Median", times.p50),
            ("p95", times.p95),
            ("p99", times.p99),
            ("Slowest", times.slowest),
        ):
            yield Fact(f"{name} response time", figures.latency(seconds))
    yield Fact("Alerts", figures.count(len(view.alerts)), bool(view.alerts))


def past_facts(history: HistoryView | None, now: float | None, zone: tzinfo | None) -> tuple[Fact, ...]:
    """Return facts from the history, compared with `now`, the present requests per second."""
    if history is None:
        return ()
    rates = (("This time yesterday", history.yesterday), ("This time last week", history.last_week))
    facts = [Fact(name, then_and_now(before, now)) for name, before in rates if before is not None]
    for name, period in busiest(history):
        start = figures.period(name, period.start, zone)
        facts.append(Fact(f"Busiest {name}, {start}", figures.counted(period.requests, "request")))
    return tuple(facts)


def _failed(view: View) -> tuple[str, bool] | None:
    classes = view.chart.classes if view.chart is not None else ()
    if not classes:
        return None
    failed = sum(sum(counts) for name, counts in classes if name.startswith("5"))
    answered = sum(sum(counts) for name, counts in classes if name[:1].isdigit())
    return figures.percent(failed, answered), failed > 0


# Alerts and signals ---------------------------------------------------------------------------------------------------


def value(number: float | None, unit: SignalUnit) -> str:
    """Format a value of a signal with its unit."""
    if number is None:
        return figures.NOTHING
    if unit is SignalUnit.SECONDS:
        return figures.latency(number)
    if unit is SignalUnit.BYTES:
        return f"{figures.volume(number)}/s"
    return f"{figures.number(number)} {unit.value}"


class AlertLine(NamedTuple):
    """One row of the table of alerts."""

    start: float
    lasted: str
    active: bool
    signal: str
    value: str
    peak: str
    limit: str
    explanation: str


def alert_line(alert: AlertView, now: float) -> AlertLine:
    """Return the row of an alert."""
    lasted = figures.duration((now if alert.end is None else alert.end) - alert.start)
    signal = f"{alert.title} of {alert.subject}" if alert.subject else alert.title
    raised, peak, limit = (value(number, alert.unit) for number in (alert.value, alert.peak, alert.limit))
    return AlertLine(alert.start, lasted, alert.end is None, signal, raised, peak, limit, alert.explanation)


class SignalLine(NamedTuple):
    """One row of the table of signals."""

    title: str
    state: str
    value: str
    baseline: str
    limit: str
    alerts: str


def signal_line(signal: SignalView) -> SignalLine:
    """Return the row of a signal."""
    latest, baseline, limit = (value(number, signal.unit) for number in (signal.value, signal.baseline, signal.limit))
    remark = ", flapping" if signal.flapping else ", silent" if signal.silent else ""
    return SignalLine(signal.title, signal.state + remark, latest, baseline, limit, figures.count(signal.alerts))


# Health ---------------------------------------------------------------------------------------------------------------


def health_facts(health: HealthView) -> tuple[Fact, ...]:
    """Return counts of captured and missed traffic."""
    counted = (
        ("Dropped by the kernel", health.dropped),
        ("Records lost in the queue", health.queue_lost),
        ("Gaps in streams", health.gaps),
        ("Responses without a request", health.unpaired_responses),
        ("Requests without a response", health.unanswered_requests),
        ("Requests with unknown names", health.unnamed_requests),
        ("Connections evicted", health.evicted),
        *_owner_counts(health),
        *_inspection_counts(health),
    )
    missing = Fact("Bytes missing from streams", figures.volume(health.missing_bytes), health.missing_bytes > 0)
    facts = [Fact(name, figures.count(times), times > 0) for name, times in counted]
    return (Fact("Packets", figures.count(health.frames)), *facts[:3], missing, *facts[3:])


def _owner_counts(health: HealthView) -> Iterator[tuple[str, int]]:
    """Count what is not known of owners, if anything: in most runs they are not looked up."""
    counted = (
        ("Exchanges with unknown owners", health.unknown_owners),
        ("Connections not looked up", health.unasked_owners),
        ("Owners forgotten", health.forgotten_owners),
    )
    yield from (one for one in counted if one[1])


def _inspection_counts(health: HealthView) -> Iterator[tuple[str, int]]:
    """Count what inspectors did not see, if anything."""
    if health.uninspected:
        yield "Exchanges not inspected", sum(times for _, times in health.uninspected)


def named_facts(counts: Sequence[tuple[str, int]]) -> tuple[Fact, ...]:
    """Return names with their counts."""
    return tuple(Fact(name, figures.count(times)) for name, times in counts)
