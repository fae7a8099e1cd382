"""Alerts on the console: active and dismissed alerts, the status of the other signals, and the history. Pure."""

from collections.abc import Iterable

from alerting.alert import SignalUnit
from alerting.events import REQUEST_RATE
from view import figures
from view.page import Line, Page, Piece, Style, width
from view.view import AlertView, SignalView, View

SHARE = 8
"""On a screen, one line in this many may list alerts."""
ACTIVE, DISMISSED = "<<<Active alert>>>", "<<<Alert dismissed>>>"


def message(view: View, page: Page) -> list[Line]:
    """Announce each active alert with its explanation, and each alert that was just dismissed, unless the user has seen
    or muted it.

    On a screen the first one takes as many lines as it needs, and each further one takes one line.
    """
    active = [alert for alert in view.alerts if alert.end is None and not alert.quiet]
    said = [_announce(ACTIVE, Style.BANNER, alert.explanation.split(" "), page) for alert in active]
    said += [_announce(DISMISSED, Style.GOOD, words, page) for words in _dismissals(view, page)]
    further = [lines[:1] if page.height is not None else lines for lines in said[1:]]
    return [line for lines in (*said[:1], *further) for line in lines]


def _dismissals(view: View, page: Page) -> Iterable[list[str]]:
    muted = {signal.name for signal in view.signals if signal.muted}
    if view.dismissed_at is not None and REQUEST_RATE not in muted:
        yield ["Request rate is back within its limit,", "dismissed at", page.moment(view.dismissed_at)]
    for signal in view.signals:
        if signal.state == "DISMISSED" and signal.name not in (REQUEST_RATE, *muted):
            ended = next((alert.end for alert in view.alerts if alert.signal == signal.name), None)
            when = ["dismissed at", page.moment(ended)] if ended is not None else ["dismissed"]
            yield [f"{signal.title}: back within limits,", *when]


def _announce(banner: str, style: Style, words: list[str], page: Page) -> list[Line]:
    items: list[Line] = [(Piece(page.text(text), Style.NAME),) for text in words]
    return page.flow([(Piece(banner, style), Piece("  "), *items[0]), *items[1:]], gap=1, indent=2)


def signals(view: View, page: Page) -> list[Line]:
    """Show the last value of each signal besides the request rate and, in brackets, the value from which it alerts."""
    items = [_signal(signal, view.ended) for signal in view.signals if signal.name != REQUEST_RATE]
    return page.flow([(Piece("Signals", Style.HEADING),), *items], indent=2) if items else []


def _signal(signal: SignalView, ended: bool) -> Line:
    name = Piece(f"{_inside(signal.title)} ")
    words = [word for word, holds in (("flapping", signal.flapping), ("muted", signal.muted)) if holds]
    flapping = tuple(Piece(f" {word}", Style.WARNING) for word in words)
    if signal.state == "LEARNING":
        return (name, Piece("not learned" if ended else "learning", Style.QUIET), *flapping)
    if signal.value is None:
        return (name, Piece("too little traffic" if signal.silent else "learned", Style.QUIET), *flapping)
    value = figures.signal_value(signal.value, signal.unit)
    style = Style.ALARM if signal.state == "ALERT" and not signal.muted else Style.NAME
    return (name, Piece(value, style), Piece(_limit(signal)), *flapping)


def _limit(signal: SignalView) -> str:
    if signal.limit is None:
        return ""
    return f" ({'<' if signal.low else '>'} {figures.signal_value(signal.limit, signal.unit)})"


def history(view: View, page: Page) -> list[Line]:
    """Say how many alerts there were and how long they lasted, then list them; on a screen, as many as fit."""
    heading: Line = (Piece(f"Alert history ({figures.span(view.retention)})", Style.HEADING),)
    lines = page.flow([heading, (Piece(_account(view)),)], indent=2)
    most = None if page.height is None else max(1, page.height // SHARE)
    shown = view.alerts if most is None or len(view.alerts) <= most else view.alerts[: max(0, most - 1)]
    widest = max((len(_value(alert)) for alert in view.alerts), default=0)
    lines += [_entry(alert, widest, view.now, page) for alert in shown]
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


def _entry(alert: AlertView, widest: int, now: float, page: Page) -> Line:
    """List one alert, with its peak, baseline, limit and main contributor if they fit."""
    entry = f"  {_value(alert):>{widest}} {_what(alert, page)} at {page.moment(alert.start)}"
    if alert.end is None:
        quiet = f", {alert.quiet}" if alert.quiet else ""
        style = Style.PLAIN if quiet else Style.ALARM
        lasted = Piece(f"   active for {figures.duration(now - alert.start)}{quiet}", style)
    else:
        lasted = Piece(f"   lasted {figures.duration(alert.end - alert.start)}")
    line: Line = (Piece(entry), lasted)
    for more in (
        f"   peak {figures.signal_value(alert.peak, alert.unit)}",
        f"   baseline {figures.signal_value(alert.baseline, alert.unit)}",
        f"   limit {figures.signal_value(alert.limit, alert.unit)}",
        *(f"   {one.kind} {page.text(one.name)} {figures.percent(one.share, 1)}" for one in alert.contributors[:1]),
    ):
        longer: Line = (*line, Piece(more, Style.QUIET))
        if width(longer) > page.width:
            break
        line = longer
    return line


def _value(alert: AlertView) -> str:
    return figures.signal_value(alert.value, alert.unit)


def _what(alert: AlertView, page: Page) -> str:
    sensor = f"{page.text(alert.sensor)}: " if alert.sensor else ""
    if alert.unit is SignalUnit.HITS:
        return f"{sensor}hits"
    return f"{sensor}{_inside(alert.title)}{f' of {page.text(alert.subject)}' if alert.subject else ''}"


def _inside(title: str) -> str:
    """Return a title as it is written within a line: only abbreviations keep their capitals."""
    return " ".join(word if word[1:2].isupper() else word.lower() for word in title.split(" "))
