"""Alerts on the dashboard: the active one, the dismissal, the history."""

from dashboard import figures
from dashboard.page import Line, Page, Piece, Style, width
from dashboard.view import AlertView, View

SHARE = 8
"""One line in so many of a screen may list alerts."""


def message(view: View, page: Page) -> list[Line]:
    """The active alert, or that it was dismissed; no line at other times."""
    active = next((alert for alert in view.alerts if alert.end is None), None)
    if active:
        hits = f"hits = {figures.count(active.value)},"
        words = ["High traffic generated an alert -", hits, "triggered at", page.moment(active.start)]
        return _announce("<<<Active alert>>>", Style.BANNER, words, page)
    if view.dismissed_at is not None:
        words = ["Traffic is back within the limit,", "dismissed at", page.moment(view.dismissed_at)]
        return _announce("<<<Alert dismissed>>>", Style.GOOD, words, page)
    return []


def _announce(banner: str, style: Style, words: list[str], page: Page) -> list[Line]:
    items: list[Line] = [(Piece(text, Style.NAME),) for text in words]
    return page.flow([(Piece(banner, style), Piece("  "), *items[0]), *items[1:]], gap=1, indent=2)


def history(view: View, page: Page) -> list[Line]:
    """How many alerts there were and how long they lasted, then each; on a screen those it has room for."""
    heading: Line = (Piece(f"Alert history ({figures.span(view.retention)})", Style.HEADING),)
    lines = page.flow([heading, (Piece(_account(view)),)], indent=2)
    most = None if page.height is None else max(1, page.height // SHARE)
    shown = view.alerts if most is None or len(view.alerts) <= most else view.alerts[: max(0, most - 1)]
    lines += [_entry(alert, view, page) for alert in shown]
    hidden = len(view.alerts) - len(shown)
    if hidden:
        lines.append((Piece(f"  and {figures.count(hidden)} earlier", Style.QUIET),))
    return lines


def _account(view: View) -> str:
    if not view.alerts:
        return "no alerts"
    parts = [figures.counted(len(view.alerts), "alert")]
    if view.longest_alert is not None:
        parts.append(f"longest {figures.duration(view.longest_alert)}")
    if view.average_alert is not None:
        parts.append(f"average {figures.duration(view.average_alert)}")
    return ", ".join(parts)


def _entry(alert: AlertView, view: View, page: Page) -> Line:
    hits = f"  {figures.count(alert.value):>{_widest(view)}} hits at {page.moment(alert.start)}"
    if alert.end is None:
        lasted = Piece(f"   active for {figures.duration(view.now - alert.start)}", Style.ALARM)
    else:
        lasted = Piece(f"   lasted {figures.duration(alert.end - alert.start)}")
    line: Line = (Piece(hits), lasted)
    longer: Line = (*line, Piece(f"   peak {figures.count(alert.peak)}", Style.QUIET))
    return longer if width(longer) <= page.width else line


def _widest(view: View) -> int:
    return max(len(figures.count(alert.value)) for alert in view.alerts)
