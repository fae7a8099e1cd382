"""Alerts on the full screen: the table of alerts, and the page about one alert. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from alerting.alert import Contributor
from alerting.terms import BaselineKind
from dashboard.full.desk import Scene
from dashboard.full.facts import Fact
from dashboard.full.table import Entry, Sorting, TableColumn, TableContent
from store.filtering.narrowing import term
from view import figures
from view.culprit import of_contributor
from view.page import Line, Page, Piece, Style
from view.view import AlertView, SignalView, View

SIGNAL = 4
"""The name of a signal with its server takes at most one part of the page in so many."""
USUAL = 4
"""Rows that the list has room for even if there are fewer alerts, so that a new one moves no other table."""
COMPARED: Final[Mapping[BaselineKind, str]] = {
    "fixed": "what was learned (fixed)",
    "previous": "the previous buckets (previous)",
    "seasonal": "the usual at this hour of the week (seasonal)",
}
"""What each kind of baseline is."""
COLUMNS = (
    TableColumn("Alerts", 8, left=True, sortable=False),
    TableColumn("lasted", 9, spare=3, sortable=False),
    TableColumn("signal", 12, left=True, sortable=False),
    TableColumn("value", 8, sortable=False),
    TableColumn("limit", 8, spare=1, sortable=False),
    TableColumn("contributor", left=True, sortable=False),
)


class AlertTable:
    """Lists the alerts of the retention time, latest first."""

    name = "alerts"
    follows = False

    def natural(self, scene: Scene) -> Sorting:
        """Put the latest alert first."""
        return Sorting("since")

    def sortable(self, scene: Scene) -> Sequence[str]:
        """Offer no other order: alerts are few."""
        return ()

    def identities(self, scene: Scene, sorting: Sorting) -> list[str]:
        """Identify an alert by its start, signal and subject."""
        return [identity(alert) for alert in scene.view.alerts]

    def rows(self, scene: Scene) -> int:
        """Return the rows that the alerts take; with few alerts, some stay empty."""
        return max(USUAL, len(scene.view.alerts))

    def has_rest(self, scene: Scene) -> bool:
        """Return False: every alert has its own row."""
        return False

    def content(self, scene: Scene, sorting: Sorting, rows: slice, page: Page) -> TableContent:
        """Return those rows."""
        return alert_content(scene.view, rows, page)


def alert_content(view: View, rows: slice, page: Page) -> TableContent:
    """Make a row for each of those alerts; the heading says how many there are and how long they lasted."""
    entries = tuple(_entry(alert, view, page) for alert in view.alerts[rows])
    nothing = f"no alert in {figures.span(view.retention)}"
    return TableContent(f"main contributor  {_account(view)}", COLUMNS, entries, nothing=nothing)


def identity(alert: AlertView) -> str:
    """Return a text that no two alerts share."""
    return f"{alert.start} {alert.about} {alert.subject}"


def named(alert: AlertView) -> str:
    """Return the title of an alert, with its server and its sensor."""
    title = f"{alert.title} of {alert.subject}" if alert.subject else alert.title
    return f"{alert.sensor}: {title}" if alert.sensor else title


def _account(view: View) -> str:
    parts = [f"{figures.count(len(view.alerts))} in {figures.span(view.retention)}"]
    if view.longest_alert is not None:
        parts.append(f"longest {figures.duration(view.longest_alert)}")
    if view.average_alert is not None:
        parts.append(f"average {figures.duration(view.average_alert)}")
    return ", ".join(parts)


def _entry(alert: AlertView, view: View, page: Page) -> Entry:
    end = view.now if alert.end is None else alert.end
    lasted = figures.duration(end - alert.start)
    standing = [word for word in ("active" if alert.end is None else "", alert.quiet) if word]
    contributor = _contributor(alert.contributors[0], page) if alert.contributors else ""
    texts = (
        page.moment(alert.start)[:8],
        lasted,
        page.text(named(alert), page.width // SIGNAL),
        figures.signal_value(alert.value, alert.unit),
        figures.signal_value(alert.limit, alert.unit),
        "  ".join(filter(None, [", ".join(standing), contributor])),
    )
    return Entry(identity(alert), texts, Style.ALARM if alert.end is None and not alert.quiet else Style.PLAIN)


# One alert ----------------------------------------------------------------------------------------------------------


def alert_heading(alert: AlertView, page: Page) -> list[Line]:
    """Show the whole explanation."""
    return [(Piece("Alert", Style.HEADING),), (), *page.wrap(page.text(alert.explanation or alert.title)), ()]


def alert_facts(alert: AlertView, now: float, page: Page, signal: SignalView | None = None) -> Iterator[Fact]:
    """List the figures of an alert, and who contributed most to it. `signal` is how its signal stands now."""
    of_server = f" of {page.text(alert.subject)}" if alert.subject else ""
    yield Fact("Signal", alert.title + of_server, term("server", alert.subject) if alert.subject else "")
    if alert.sensor:
        yield Fact("Sensor", page.text(alert.sensor), term("sensor", alert.sensor))
    yield Fact("Raised", page.moment(alert.start))
    yield Fact("Dismissed", "not yet, still active" if alert.end is None else page.moment(alert.end))
    if alert.quiet:
        until = "" if alert.quiet_until is None else f" until {page.moment(alert.quiet_until)}"
        yield Fact("Silenced", f"{alert.quiet}{until}")
    yield Fact("Lasted", figures.duration((now if alert.end is None else alert.end) - alert.start))
    for name, value in (
        ("Value", alert.value),
        ("Peak", alert.peak),
        ("Baseline", alert.baseline),
        ("Limit", alert.limit),
    ):
        yield Fact(name, figures.signal_value(value, alert.unit))
    if signal is not None:
        chosen = ", chosen" if signal.baseline_chosen else ""
        yield Fact("Now compared with", f"{COMPARED[signal.baseline_kind]}{chosen}")
    if alert.incident:
        yield Fact("Evidence", page.text(alert.incident))
    for place, contributor in enumerate(alert.contributors):
        name = "" if place else "Main contributors"
        yield Fact(name, _contributor(contributor, page), of_contributor(contributor))


def _contributor(contributor: Contributor, page: Page) -> str:
    return f"{contributor.kind} {page.text(contributor.name)}  {figures.percent(contributor.share, 1)}"
