"""The top of the dashboard: what is watched, in which state, and what was not seen."""

from view import cells, figures
from view.page import EMPTY, GAP, Line, Page, Piece, Style, width
from view.view import EnforcingView, HealthView, LearningView, View

NAME = "HTTP monitor"
NAMES = 3
"""Of TLS servers, beside the number of their connections."""
NAME_WIDTH = 40
"""Cells of such a name."""
BAR = 20
"""Cells of the progress bar of learning."""

STATES = {
    "LEARNING": ("LEARNING", Style.HEADING),
    "NORMAL": ("ENFORCING", Style.GOOD),
    "ALERT": ("ALERT", Style.ALARM),
    "DISMISSED": ("DISMISSED", Style.GOOD),
}


def state_name(state: str) -> str:
    """The word for a state that users see."""
    return STATES[state][0] if state in STATES else state


def title(view: View, page: Page) -> list[Line]:
    """Name, source and running time on the left, the moment on the right; narrow pages go without the name."""
    moment = page.moment(view.now)
    up = f"up {figures.stopwatch(view.now - view.started)}"
    room = page.width - cells.cells(moment) - GAP
    source = page.text(view.source, max(10, room - len(up) - GAP))
    left: Line = (Piece(source, Style.NAME), Piece(" " * GAP + up))
    named: Line = (Piece(NAME + " " * GAP, Style.HEADING), *left)
    left = named if width(named) <= room else left
    return page.flow([left, (Piece(" " * max(0, room - width(left)) + moment),)])


def state(view: View, page: Page) -> list[Line]:
    """The state, and how far learning is or what is enforced."""
    return page.flow(state_items(view, page), indent=2)


def state_items(view: View, page: Page) -> list[Line]:
    """The same, one thing after the other; the first ones matter most."""
    word, style = STATES.get(view.state, (page.text(view.state), Style.PLAIN))
    items: list[Line] = [(Piece(word, style),)]
    if view.learning:
        items += _learning(view.learning, page)
    if view.enforcing:
        items += _enforcing(view.enforcing)
    return items


def _learning(learning: LearningView, page: Page) -> list[Line]:
    share = min(1.0, learning.elapsed / learning.duration) if learning.duration > 0 else 1.0
    left = max(0.0, learning.duration - learning.elapsed)
    bar = "#" * round(BAR * share)
    return [
        (Piece(f"{figures.count(learning.count)} requests so far"),),
        (Piece(f"estimated rate {figures.rate(learning.rate)} /s"),),
        (Piece(f"{figures.duration(left)} left"),),
        (Piece(f"[{bar:.<{BAR}}] {100 * share:.0f} %", Style.CHART),),
    ]


def _enforcing(enforcing: EnforcingView) -> list[Line]:
    bucket = figures.span(enforcing.bucket_size)
    limit = f"alert above {figures.number(enforcing.limit)} (+{figures.number(enforcing.threshold)} %)"
    over = enforcing.count > enforcing.limit
    return [
        (Piece(f"baseline {figures.count(enforcing.baseline)} /{bucket}"),),
        (Piece(limit),),
        (Piece(f"now {figures.count(enforcing.count)}" + " (above)" * over, Style.WARNING if over else Style.NAME),),
        (Piece(f"next check in {figures.duration(enforcing.next_check)}"),),
    ]


def health(view: HealthView, page: Page) -> list[Line]:
    """What was seen and, by name, all that was not; then what needs the user's eye."""
    lines = page.flow(health_items(view, page), indent=2)
    if view.oddities:
        lines += page.flow([(Piece("oddities"),), *_named(view.oddities, page)], indent=2)
    for warning in view.warnings:
        lines += page.wrap(f"! {page.text(warning)}", Style.WARNING, indent=2)
    return lines


def health_items(view: HealthView, page: Page) -> list[Line]:
    """What was seen, and what was not."""
    seen: Line = (Piece(f"capture {figures.rate(view.packet_rate)} packets/s"),)
    return [seen, *_losses(view), *_unread(view, page)]


def _losses(view: HealthView) -> list[Line]:
    """Always shown. Lost packets and records make every number on the screen too small: they alarm."""
    dropped = f" ({figures.percent(view.dropped, view.frames + view.dropped)})" if view.dropped else ""
    missing = f" ({figures.volume(view.missing_bytes)} missing)" if view.missing_bytes else ""
    return [
        _counted("dropped", view.dropped, dropped, Style.ALARM),
        _counted("queue lost", view.queue_lost, "", Style.ALARM),
        _counted("gaps", view.gaps, missing, Style.WARNING),
        _unpaired(view),
    ]


def _unpaired(view: HealthView) -> Line:
    both = view.unpaired_responses + view.unanswered_requests
    responses = figures.counted(view.unpaired_responses, "response")
    sides = f" ({responses}, {figures.counted(view.unanswered_requests, 'request')})"
    return _counted("unpaired", both, sides if both else "", Style.WARNING)


def _unread(view: HealthView, page: Page) -> list[Line]:
    """Shown only when there are any."""
    items: list[Line] = []
    if view.evicted:
        connections = " connection" if view.evicted == 1 else " connections"
        items.append(_counted("evicted", view.evicted, connections, Style.WARNING))
    if view.unreadable:
        kinds = ", ".join(
            f"{figures.count(times)} {page.text(kind)}{_asked(view, page) if kind == 'TLS' else ''}"
            for kind, times in view.unreadable
        )
        connections = "connection" if sum(times for _, times in view.unreadable) == 1 else "connections"
        items.append((Piece("unreadable: "), Piece(f"{kinds} {connections}", Style.WARNING)))
    return items


def _asked(view: HealthView, page: Page) -> str:
    """Which servers the most TLS connections were for."""
    shown = [f"{page.text(name, NAME_WIDTH)} {figures.count(times)}" for name, times in view.server_names[:NAMES]]
    more = ["..."] if len(view.server_names) > NAMES else []
    return f" ({', '.join([*shown, *more])})" if shown else ""


def _named(counts: tuple[tuple[str, int], ...], page: Page) -> list[Line]:
    return [_counted(page.text(name), times, "", Style.WARNING) for name, times in counts]


def _counted(name: str, times: int, remark: str, style: Style) -> Line:
    return (Piece(f"{name} "), Piece(f"{figures.count(times)}{remark}", style if times else Style.PLAIN))


def top(view: View, page: Page) -> list[Line]:
    """Title, state and health, and an empty line."""
    return [*title(view, page), *state(view, page), *health(view.health, page), EMPTY]
