"""The lines above and below the tables: source, state, alerts, what is busy and slow, and health. Pure."""

from collections.abc import Sequence

from dashboard.full.paint import ScreenPage
from dashboard.heading import health_items, state_items
from store.sums import ENOUGH
from traffic.finding import SEVERITIES
from view import cells, figures
from view.explanation import shortened
from view.page import Line, Page, Piece, Style, width
from view.panel import Panel, Row
from view.view import AlertView, View

GAP = 2
GLANCE_GAP = 4
"""Cells between what is busy and what is slow."""
BANNERS = 2
"""Most lines that active alerts may take."""
BUSY_KEY = 36
"""Longest key in the line of what is busy and slow, in cells."""
FINDINGS = "top_findings"
"""The panel of findings, whose keys end with the severity."""
PAUSED: Line = (Piece("PAUSED", Style.BANNER), Piece("  "))
"""Shown while the display is paused."""


def title_line(view: View, windows: Sequence[float], frozen: bool, page: Page) -> Line:
    """Show source and running time, the windows to choose from, and the moment."""
    chosen = _windows(view, windows)
    moment = page.moment(view.now)
    right: Line = (*chosen, Piece("   "), Piece(moment))
    if width(right) > page.width // 2:
        right = (*chosen, Piece("   "), Piece(moment[:8]))
    if frozen:
        right = (*PAUSED, *right)
    room = page.width - width(right) - GAP
    source: Line = (Piece(page.text(view.source, max(0, room)), Style.NAME),)
    timed: Line = (*source, Piece(f"  up {figures.stopwatch(view.now - view.started)}"))
    named: Line = (Piece("HTTP monitor  ", Style.HEADING), *timed)
    left = next((line for line in (named, timed) if width(line) <= room), source)
    return (*left, Piece(" " * max(1, page.width - width(left) - width(right))), *right)


def _windows(view: View, windows: Sequence[float]) -> Line:
    """List the windows, as `10 s  2 min  [1 h]  24 h`."""
    words = []
    for window in windows:
        text = window_name(window)
        words.append(Piece(f"[{text}]", Style.NAME) if window == view.window else Piece(f" {text} ", Style.QUIET))
    return tuple(words)


def window_at(line: Line, windows: Sequence[float], column: int) -> float | None:
    """Return the window whose name stands at this column of the title."""
    end = 0
    for piece in line:
        end += cells.cells(piece.text)
        if column < end:
            return next((window for window in windows if window_name(window) == piece.text.strip(" []")), None)
    return None


def window_name(window: float) -> str:
    """Name a window as users choose it: 2 min, not 120 s."""
    return figures.span(window) if window != 120 else "2 min"


def state_line(view: View, page: Page) -> Line:
    """Show the state and as many of its numbers as fit."""
    return page.fit(state_items(view, page), GAP)


def banner_lines(view: View, page: Page) -> list[Line]:
    """Show a line for each active alert with its explanation, and the alerts that were just dismissed."""
    return [*_active_lines(view, page), *_acknowledged_lines(view, page), *_dismissed_lines(view, page)]


def _active_lines(view: View, page: Page) -> list[Line]:
    active = [alert for alert in view.alerts if alert.end is None and not alert.quiet]
    if active:
        if len(active) == 1:
            return _banner(active[0], page, BANNERS)
        shown = active if len(active) <= BANNERS else active[: BANNERS - 1]
        lines = [line for alert in shown for line in _banner(alert, page, 1)]
        if len(shown) < len(active):
            lines.append(_filled(f"and {len(active) - len(shown)} more active alerts", page))
        return lines
    return []


def _acknowledged_lines(view: View, page: Page) -> list[Line]:
    titles = [alert.title for alert in view.alerts if alert.end is None and alert.quiet == "acknowledged"]
    if not titles:
        return []
    return [(Piece(cells.cut_end(f"Acknowledged  {', '.join(titles)}", page.width, page.ellipsis), Style.WARNING),)]


def _dismissed_lines(view: View, page: Page) -> list[Line]:
    titles = [signal.title for signal in view.signals if signal.state == "DISMISSED" and not signal.muted]
    if not titles:
        return []
    words = f"Alert dismissed  Back within limits: {', '.join(titles)}"
    return [(Piece(cells.cut_end(words, page.width, page.ellipsis), Style.GOOD),)]


def _banner(alert: AlertView, page: Page, most: int) -> list[Line]:
    """Show the explanation in at most this many lines; if it is longer, it loses the comparison, then its end."""
    explanation = alert.explanation or f"{alert.title} is beyond its limit since {page.moment(alert.start)}"
    texts = _wrapped(explanation, page)
    if len(texts) > most:
        texts = _wrapped(shortened(explanation), page)
    if len(texts) > most:
        texts = [*texts[: most - 1], " ".join(texts[most - 1 :])]
    return [_filled(text, page) for text in texts]


def _wrapped(explanation: str, page: Page) -> list[str]:
    lines = ScreenPage(page.width - 2, None, page.ascii_only, page.zone).wrap(f"Active alert  {page.text(explanation)}")
    return ["".join(piece.text for piece in line) for line in lines]


def _filled(text: str, page: Page) -> Line:
    return (Piece(cells.pad_right(cells.cut_end(f" {text}", page.width, page.ellipsis), page.width), Style.BANNER),)


def glance_lines(view: View, page: Page) -> list[Line]:
    """Show the response times, the busiest and the slowest key, and the worst finding, in at most two lines."""
    times, busy, slow, found = _response_times(view, page), _busy(view, page), _slow(view, page), _found(view, page)
    room = page.width - width(busy) - GLANCE_GAP - width(slow) - (width(found) + GLANCE_GAP if found else 0)
    items = [times, busy, (*slow, *_skipped(view, room, page)), *([found] if found else [])]
    return page.flow(items, gap=GLANCE_GAP)[:2]


def _response_times(view: View, page: Page) -> Line:
    times = view.whole.times
    if times is None:
        return (Piece("Response time", Style.HEADING), Piece("  none measured in this window", Style.QUIET))
    told = [("average", times.average), ("p50", times.p50), ("p95", times.p95), ("p99", times.p99)]
    items: list[Line] = [(Piece("Response time", Style.HEADING),)]
    items += [(Piece(f"{name} ", Style.QUIET), Piece(figures.latency(seconds))) for name, seconds in told]
    return page.fit(items, GAP)


def _busy(view: View, page: Page) -> Line:
    panel = _sections(view)
    if panel is None or not panel.rows:
        return (Piece("Busy", Style.HEADING), Piece("  nothing", Style.QUIET))
    row = panel.rows[0]
    share = figures.percent(row.window.count, panel.whole.count)
    return (Piece("Busy", Style.HEADING), Piece(f"  {_key(row, page)}  "), Piece(share, Style.NAME))


def _slow(view: View, page: Page) -> Line:
    panel = _sections(view)
    row = slowest(panel) if panel is not None else None
    if row is None or row.window.times is None:
        return (Piece("Slow", Style.HEADING), Piece("  nothing", Style.QUIET))
    p95 = figures.latency(row.window.times.p95)
    return (Piece("Slow", Style.HEADING), Piece(f"  {_key(row, page)}  p95 "), Piece(p95, Style.NAME))


def _found(view: View, page: Page) -> Line:
    """Show the worst findings of the window, whose panel may not be on the screen; nothing if there are none."""
    panel = next((panel for panel in view.panels if panel.name == FINDINGS), None)
    rows = [row for row in panel.rows if row.window.count] if panel is not None else []
    if panel is None or not rows:
        return ()
    worst = max(rows, key=_severity)
    more = f" of {panel.whole.count:,.0f}" if panel.whole.count > worst.window.count else ""
    return (
        Piece("Found", Style.HEADING),
        Piece(f"  {_key(worst, page)}  "),
        Piece(f"{worst.window.count:,.0f}{more}", Style.NAME),
    )


def _severity(row: Row) -> int:
    name = row.key.rpartition("(")[2].rstrip(")")
    return SEVERITIES.index(name) if name in SEVERITIES else 0


def _skipped(view: View, room: int, page: Page) -> Line:
    """Name the slower keys that have too few responses to tell, as far as there is room for it."""
    panel = _sections(view)
    rows = slower(panel) if panel is not None else []
    if not rows or rows[0].window.times is None:
        return ()
    worst = f"{_key(rows[0], page)} {figures.latency(rows[0].window.times.p95)}"
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    texts = (f"  skipped: {worst}{more}, under {ENOUGH} responses", f"  {len(rows)} skipped, under {ENOUGH} responses",
             f"  {len(rows)} skipped")  # fmt: skip
    fitting = next((text for text in texts if cells.cells(text) <= room), None)
    return () if fitting is None else (Piece(fitting, Style.QUIET),)


def slowest(panel: Panel) -> Row | None:
    """Return the row with the highest p95 among those with enough responses to tell."""
    return max((row for row in panel.rows if row.window.count >= ENOUGH and _p95(row)), key=_p95, default=None)


def slower(panel: Panel) -> list[Row]:
    """Return the rows with a higher p95 but too few responses to tell, slowest first."""
    chosen = slowest(panel)
    limit = _p95(chosen) if chosen is not None else 0.0
    return sorted(
        (row for row in panel.rows if row.window.count < ENOUGH and _p95(row) > limit), key=lambda row: -_p95(row)
    )


def _p95(row: Row) -> float:
    return row.window.times.p95 if row.window.times is not None else 0.0


def _sections(view: View) -> Panel | None:
    """Return the first panel, which names what is busy."""
    return next(iter(view.shown), None)


def _key(row: Row, page: Page) -> str:
    return page.text(row.key, min(BUSY_KEY, max(16, (page.width - 38) // 2)))


LINES = 2
"""Most lines of health; on most screens one is enough."""
WARNINGS = 2
"""Most warnings at a time, latest last."""


def health_lines(view: View, warnings: Sequence[str], page: Page) -> list[Line]:
    """Show what was captured and missed, then the warnings of the capture and of the program itself."""
    items = health_items(view, page)
    if view.health.oddities:
        times = sum(count for _, count in view.health.oddities)
        items.append((Piece("oddities "), Piece(figures.count(times), Style.WARNING)))
    lines = page.flow(items, gap=2, indent=2)
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], _cut(lines[LINES - 1], page)]
    told = [*view.health.warnings, *warnings]
    hidden = len(told) - WARNINGS
    lines += [(Piece(f"! {page.text(warning, page.width - 2)}", Style.WARNING),) for warning in told[-WARNINGS:]]
    if hidden > 0:
        lines[-1] = (*lines[-1], Piece(f"  and {hidden} more", Style.QUIET))
    return lines


def _cut(line: Line, page: Page) -> Line:
    return (*line, Piece(f" {page.ellipsis}", Style.QUIET))
