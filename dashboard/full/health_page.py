"""The page of `h`: everything captured and missed, by name, and the status of each signal. Pure."""

from collections.abc import Iterator, Sequence

from dashboard.full.sensor_lines import sensor_lines
from dashboard.full.table import Entry, TableColumn, TableContent, TableState, table_lines
from dashboard.heading import why_unnamed
from dashboard.proxy_lines import proxy_facts
from view import figures
from view.badge import WORDS
from view.page import EMPTY, Line, Page, Piece, Style
from view.view import HealthView, SignalView, View

COLUMNS = (
    TableColumn("signal", left=True),
    TableColumn("state", 10, left=True),
    TableColumn("value", 9),
    TableColumn("baseline", 9, spare=2),
    TableColumn("limit", 9),
    TableColumn("alerts", 7, spare=3),
    TableColumn("longest", 9, spare=4),
    TableColumn("remark", 9, left=True, spare=1),
)


PRESENT = ("Connections",)
"""Facts of the present moment, which sensors do not send."""


def health_page(view: View, complaints: Sequence[str], page: Page, locked: str = "") -> list[Line]:
    """Show each fact on its own line, then what the program complained about, then a table of the signals.

    `locked` is what the program locked down.
    """
    title = "Health" if view.fleet is None else f"Health of the sensors, {figures.span(view.retention)}"
    lines: list[Line] = [(Piece(title, Style.HEADING),), EMPTY]
    for name, value in _facts(view.health):
        if name not in PRESENT or view.fleet is None:
            lines += page.named(name, page.text(value))
    for name, value in proxy_facts(view.proxy) if view.proxy is not None else ():
        lines += page.named(name, page.text(value))
    if view.history_since is not None:
        lines += page.named("Earlier runs", f"included since {figures.since(view.history_since, view.now, page.zone)}")
    if locked:
        lines += page.named("Locked down", locked)
    for warning in (*view.health.warnings, *complaints):
        lines += page.wrap(f"! {page.text(warning)}", Style.WARNING, indent=2)
    lines += [EMPTY, *signal_lines(view.signals, page)]
    return lines if view.fleet is None else [*lines, EMPTY, *sensor_lines(view.fleet, view.now, page)]


def _facts(health: HealthView) -> Iterator[tuple[str, str]]:
    yield "Packets", f"{figures.count(health.frames)}, now {figures.rate(health.packet_rate)} /s"
    yield "Requests", figures.count(health.requests)
    dropped = (
        f"{figures.count(health.dropped)} packets ({figures.percent(health.dropped, health.frames + health.dropped)})"
    )
    yield "Dropped by kernel", dropped
    yield "Lost in the queue", figures.counted(health.queue_lost, "record")
    yield "Gaps in streams", f"{figures.count(health.gaps)}, {figures.volume(health.missing_bytes)} missing"
    yield "Unpaired", figures.counted(health.unpaired_responses, "response") + " without a request"
    yield "Unanswered", figures.counted(health.unanswered_requests, "request")
    reason = f" ({why_unnamed(health)})" if health.unnamed_requests else ""
    yield "Names unknown", figures.counted(health.unnamed_requests, "request") + reason
    yield from _owners(health)
    if health.inspected or health.uninspected:
        yield "Inspected", figures.counted(health.inspected, "exchange")
        yield from _named("Not inspected", health.uninspected, "exchange")
    yield (
        "Connections",
        f"{figures.count(health.connections)} now, {figures.count(health.evicted)} evicted (limit reached)",
    )
    yield from _named("Unreadable", health.unreadable, "connection")
    if health.key_sources:
        yield "Keys", f"{figures.count(health.keys)} from {', '.join(health.key_sources)}"
    yield from _named("TLS servers", health.server_names, "connection")
    for place, (name, times) in enumerate(health.secrets):
        yield "" if place else "Decryption", f"{name}  {figures.count(times)}"
    yield from _named("Oddities", health.oddities, "time")


def _owners(health: HealthView) -> Iterator[tuple[str, str]]:
    """List what is not known about the owners of connections, if anything."""
    counted = (
        (health.unknown_owners, "exchange", ""),
        (health.unasked_owners, "connection", " not looked up (too many)"),
        (health.forgotten_owners, "connection", " forgotten (max_owners)"),
    )
    if any(times for times, _, _ in counted):
        found = (f"{figures.counted(times, what)}{remark}" for times, what, remark in counted if times)
        yield "Owners unknown", ", ".join(found)


def _named(name: str, counts: Sequence[tuple[str, int]], what: str) -> Iterator[tuple[str, str]]:
    if not counts:
        yield name, "none"
    for place, (each, times) in enumerate(counts):
        yield "" if place else name, f"{each}  {figures.counted(times, what)}"


def signal_lines(signals: Sequence[SignalView], page: Page) -> list[Line]:
    """Show the status of every signal in a table."""
    entries = tuple(Entry(signal.name, _texts(signal, page), _style(signal)) for signal in signals)
    content = TableContent("Signals", COLUMNS, entries, nothing="no signal is enabled")
    return table_lines(content, TableState(False), type(page)(page.width, len(entries) + 2, page.ascii_only, page.zone))


def _texts(signal: SignalView, page: Page) -> tuple[str, ...]:
    numbers = (signal.value, signal.baseline, signal.limit)
    muted = "muted" if signal.muted_until is None else f"muted until {page.moment(signal.muted_until)}"
    remarks = ((muted, signal.muted), ("flapping", signal.flapping), ("too little traffic", signal.silent))
    value, baseline, limit = (
        figures.NOTHING if number is None else figures.signal_value(number, signal.unit) for number in numbers
    )
    return (
        page.text(f"{signal.title} of {signal.subject}" if signal.subject else signal.title),
        WORDS.get(signal.state, page.text(signal.state)).lower(),
        value,
        baseline,
        limit if signal.limit is None else f"{'<' if signal.low else '>'} {limit}",
        figures.count(signal.alerts),
        figures.NOTHING if signal.longest_alert is None else figures.duration(signal.longest_alert),
        ", ".join(word for word, holds in remarks if holds),
    )


def _style(signal: SignalView) -> Style:
    alarm = Style.PLAIN if signal.muted else Style.ALARM
    return {"ALERT": alarm, "LEARNING": Style.QUIET}.get(signal.state, Style.PLAIN)
