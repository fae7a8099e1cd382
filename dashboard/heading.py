"""The top of the dashboard: source, state and health. Pure."""

from view import cells, figures
from view.page import EMPTY, GAP, Line, Page, Piece, Style, width
from view.view import EnforcingView, HealthView, LearningView, View

NAME = "HTTP monitor"
NAMES = 3
"""Most names of TLS servers beside the number of their connections."""
NAME_WIDTH = 40
"""Longest name of a TLS server, in cells."""
BAR = 20
"""Width of the progress bar of learning."""

STATES = {
    "LEARNING": ("LEARNING", Style.HEADING),
    "NORMAL": ("ENFORCING", Style.GOOD),
    "ALERT": ("ALERT", Style.ALARM),
    "DISMISSED": ("DISMISSED", Style.GOOD),
}


def state_name(state: str) -> str:
    """Return the word that users see for a state."""
    return STATES[state][0] if state in STATES else state


def title(view: View, page: Page) -> list[Line]:
    """Show name, source and running time on the left, the moment on the right; narrow pages leave out the name."""
    moment = page.moment(view.now)
    up = f"up {figures.stopwatch(view.now - view.started)}"
    room = page.width - cells.cells(moment) - GAP
    source = page.text(view.source, max(10, room - len(up) - GAP))
    left: Line = (Piece(source, Style.NAME), Piece(" " * GAP + up))
    named: Line = (Piece(NAME + " " * GAP, Style.HEADING), *left)
    left = named if width(named) <= room else left
    return page.flow([left, (Piece(" " * max(0, room - width(left)) + moment),)])


def state(view: View, page: Page) -> list[Line]:
    """Show the state, with the progress of learning or the baseline and limit."""
    return page.flow(state_items(view, page), indent=2)


def state_items(view: View, page: Page) -> list[Line]:
    """List the parts of the state line, most important first."""
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
    """Show what was captured and missed, the oddities by name, then the warnings."""
    lines = page.flow(health_items(view, page), indent=2)
    if view.oddities:
        lines += page.flow([(Piece("oddities"),), *_named(view.oddities, page)], indent=2)
    for warning in view.warnings:
        lines += page.wrap(f"! {page.text(warning)}", Style.WARNING, indent=2)
    return lines


def health_items(view: HealthView, page: Page) -> list[Line]:
    """List what was captured, and what was missed."""
    seen: Line = (Piece(f"capture {figures.rate(view.packet_rate)} packets/s"),)
    return [seen, *_losses(view), *_unread(view, page)]


def _losses(view: HealthView) -> list[Line]:
    """List the losses, which are always shown. Lost packets and records make every number too small, so they are
    alarms.
    """
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
    """List what could not be read, if anything."""
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
    """Name the servers with the most TLS connections."""
    shown = [f"{page.text(name, NAME_WIDTH)} {figures.count(times)}" for name, times in view.server_names[:NAMES]]
    more = ["..."] if len(view.server_names) > NAMES else []
    return f" ({', '.join([*shown, *more])})" if shown else ""


def _named(counts: tuple[tuple[str, int], ...], page: Page) -> list[Line]:
    return [_counted(page.text(name), times, "", Style.WARNING) for name, times in counts]


def _counted(name: str, times: int, remark: str, style: Style) -> Line:
    return (Piece(f"{name} "), Piece(f"{figures.count(times)}{remark}", style if times else Style.PLAIN))


def top(view: View, page: Page) -> list[Line]:
    """Show title, state and health, and an empty line below them."""
    return [*title(view, page), *state(view, page), *health(view.health, page), EMPTY]
