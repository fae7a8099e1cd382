"""The top of the screen: what is watched, the state, an alert, and in a line or two what is hot and slow. Pure."""

from collections.abc import Sequence

from dashboard.full.paint import ScreenPage
from dashboard.heading import state_items
from store.sums import ENOUGH
from view import cells, figures
from view.page import Line, Page, Piece, Style, width
from view.view import AlertView, Panel, Row, View

GAP = 2
BANNERS = 2
"""Lines that active alerts may take."""
HOT_KEY = 36
"""Cells of a key in the line of what is hot."""
FROZEN: Line = (Piece("FROZEN", Style.BANNER), Piece("  "))
"""Said above a picture that stays as it is."""


def title_line(view: View, windows: Sequence[float], frozen: bool, page: Page) -> Line:
    """Source and running time; the windows that can be looked at; the moment."""
    chosen = _windows(view, windows)
    moment = page.moment(view.now)
    right: Line = (*chosen, Piece("   "), Piece(moment))
    if width(right) > page.width // 2:
        right = (*chosen, Piece("   "), Piece(moment[:8]))
    if frozen:
        right = (*FROZEN, *right)
    room = page.width - width(right) - GAP
    source: Line = (Piece(page.text(view.source, max(0, room)), Style.NAME),)
    timed: Line = (*source, Piece(f"  up {figures.stopwatch(view.now - view.started)}"))
    named: Line = (Piece("HTTP monitor  ", Style.HEADING), *timed)
    left = next((line for line in (named, timed) if width(line) <= room), source)
    return (*left, Piece(" " * max(1, page.width - width(left) - width(right))), *right)


def _windows(view: View, windows: Sequence[float]) -> Line:
    """As `10 s  2 min  [1 h]  24 h`."""
    words = []
    for window in windows:
        text = window_name(window)
        words.append(Piece(f"[{text}]", Style.NAME) if window == view.window else Piece(f" {text} ", Style.QUIET))
    return tuple(words)


def window_at(line: Line, windows: Sequence[float], column: int) -> float | None:
    """The window whose name stands there in the title."""
    end = 0
    for piece in line:
        end += cells.cells(piece.text)
        if column < end:
            return next((window for window in windows if window_name(window) == piece.text.strip(" []")), None)
    return None


def window_name(window: float) -> str:
    """As it is chosen: 2 min, not 120 s."""
    return figures.span(window) if window != 120 else "2 min"


def state_line(view: View, page: Page) -> Line:
    """The state, and as much of what it means as fits."""
    return fitting(state_items(view, page), page)


def fitting(items: Sequence[Line], page: Page) -> Line:
    """Items side by side, as many as fit in one line."""
    line: Line = items[0] if items else ()
    for item in items[1:]:
        longer = (*line, Piece(" " * GAP), *item)
        if width(longer) > page.width:
            break
        line = longer
    return line


def banner_lines(view: View, page: Page) -> list[Line]:
    """A line for each active alert with its explanation; which ones were just dismissed; else nothing."""
    return [*_active_lines(view, page), *_dismissed_lines(view, page)]


def _active_lines(view: View, page: Page) -> list[Line]:
    active = [alert for alert in view.alerts if alert.end is None]
    if active:
        if len(active) == 1:
            return _banner(active[0], page, BANNERS)
        shown = active if len(active) <= BANNERS else active[: BANNERS - 1]
        lines = [line for alert in shown for line in _banner(alert, page, 1)]
        if len(shown) < len(active):
            lines.append(_filled(f"and {len(active) - len(shown)} more active alerts", page))
        return lines
    return []


def _dismissed_lines(view: View, page: Page) -> list[Line]:
    titles = [signal.title for signal in view.signals if signal.state == "DISMISSED"]
    if not titles:
        return []
    words = f"Alert dismissed  Back within the limit: {', '.join(titles)}"
    return [(Piece(cells.cut_end(words, page.width, page.ellipsis), Style.GOOD),)]


def _banner(alert: AlertView, page: Page, most: int) -> list[Line]:
    """The explanation in at most so many lines."""
    explanation = alert.explanation or f"{alert.title} is beyond its limit since {page.moment(alert.start)}"
    words = ScreenPage(page.width - 2, None, page.ascii_only, page.zone).wrap(f"Active alert  {page.text(explanation)}")
    texts = ["".join(piece.text for piece in line) for line in words]
    if len(texts) > most:
        texts = [*texts[: most - 1], " ".join(texts[most - 1 :])]
    return [_filled(text, page) for text in texts]


def _filled(text: str, page: Page) -> Line:
    return (Piece(cells.pad_right(cells.cut_end(f" {text}", page.width, page.ellipsis), page.width), Style.BANNER),)


def glance_lines(view: View, page: Page) -> list[Line]:
    """How long answers take, which key is hot and which is slow: at most two lines."""
    return page.flow([_response_times(view, page), _hot(view, page), _slow(view, page)], gap=4)[:2]


def _response_times(view: View, page: Page) -> Line:
    times = view.whole.times
    if times is None:
        return (Piece("Response time", Style.HEADING), Piece("  none measured in this window", Style.QUIET))
    told = [("average", times.average), ("p50", times.p50), ("p95", times.p95), ("p99", times.p99)]
    items: list[Line] = [(Piece("Response time", Style.HEADING),)]
    items += [(Piece(f"{name} ", Style.QUIET), Piece(figures.latency(seconds))) for name, seconds in told]
    return fitting(items, page)


def _hot(view: View, page: Page) -> Line:
    panel = _sections(view)
    if panel is None or not panel.rows:
        return (Piece("Hot", Style.HEADING), Piece("  nothing", Style.QUIET))
    row = panel.rows[0]
    share = figures.percent(row.window.count, panel.whole.count)
    return (Piece("Hot", Style.HEADING), Piece(f"  {_key(row, page)}  "), Piece(share, Style.NAME))


def _slow(view: View, page: Page) -> Line:
    panel = _sections(view)
    row = slowest(panel) if panel is not None else None
    if row is None or row.window.times is None:
        return (Piece("Slow", Style.HEADING), Piece("  nothing", Style.QUIET))
    p95 = figures.latency(row.window.times.p95)
    return (Piece("Slow", Style.HEADING), Piece(f"  {_key(row, page)}  p95 "), Piece(p95, Style.NAME))


def slowest(panel: Panel) -> Row | None:
    """The row of the highest p95 among those with enough answers to tell."""
    known = [row for row in panel.rows if row.window.times is not None and row.window.count >= ENOUGH]
    return max(known, key=lambda row: row.window.times.p95 if row.window.times else 0.0, default=None)


def _sections(view: View) -> Panel | None:
    """The panel that names what is hot: the first one."""
    return view.panels[0] if view.panels else None


def _key(row: Row, page: Page) -> str:
    return page.text(row.key, min(HOT_KEY, max(16, (page.width - 38) // 2)))
