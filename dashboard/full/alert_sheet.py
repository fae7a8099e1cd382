"""The alerts of the retention time as a table, the latest first. Pure."""

from dashboard.full.sheet import Column, Entry, Sheet
from view import figures
from view.page import Page, Style
from view.view import AlertView, View

COLUMNS = (
    Column("since", 8, left=True, sortable=False),
    Column("lasted", 9, sortable=False),
    Column("explanation", left=True, sortable=False),
)


def alert_sheet(view: View, rows: slice, page: Page) -> Sheet:
    """A row for each of those alerts; the title tells how many there are, and how long they were."""
    entries = tuple(_entry(alert, view, page) for alert in view.alerts[rows])
    return Sheet(f"Alerts  {account(view)}", COLUMNS, entries, nothing=f"no alert in {figures.span(view.retention)}")


def account(view: View) -> str:
    """How many there were, and how long they lasted."""
    parts = [f"{figures.count(len(view.alerts))} in {figures.span(view.retention)}"]
    if view.longest_alert is not None:
        parts.append(f"longest {figures.duration(view.longest_alert)}")
    if view.average_alert is not None:
        parts.append(f"average {figures.duration(view.average_alert)}")
    return ", ".join(parts)


def identity(alert: AlertView) -> str:
    """Tells alerts apart."""
    return f"{alert.start} {alert.signal} {alert.subject}"


def _entry(alert: AlertView, view: View, page: Page) -> Entry:
    end = view.now if alert.end is None else alert.end
    lasted = figures.duration(end - alert.start)
    explanation = page.text(alert.explanation or alert.title)
    texts = (
        page.moment(alert.start)[:8],
        lasted,
        f"{explanation} (active)" if alert.end is None else explanation,
    )
    return Entry(identity(alert), texts, Style.ALARM if alert.end is None else Style.PLAIN)
