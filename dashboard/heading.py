"""The top of the dashboard: source, state and health. Pure."""

from math import isclose

from dashboard.proxy_lines import proxy_items
from view import cells, figures
from view.badge import ENDED, MUTED, NAMED, badge, unlearned
from view.page import EMPTY, GAP, Line, Page, Piece, Style, width
from view.view import EnforcingView, HealthView, LearningView, View

NAME = "HTTP monitor"
NAMES = 3
"""Most names of TLS servers beside the number of their connections."""
NAME_WIDTH = 40
"""Longest name of a TLS server, in cells."""
SKEW = 5.0
"""Seconds that the clock of a sensor may be off before it is shown: sending takes that long."""
BAR = 20
"""Width of the progress bar of learning."""

STYLES = {"LEARNING": Style.HEADING, "NORMAL": Style.GOOD, "ALERT": Style.ALARM, "DISMISSED": Style.GOOD}
"""Styles of the states."""


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
    items = _badge(view, page)
    if view.learning:
        items += _unlearned(view, view.learning) if view.ended else _learning(view.learning)
    if view.enforcing:
        items += _enforcing(view.enforcing, view.ended)
    return items


def _badge(view: View, page: Page) -> list[Line]:
    """Show the state and the signals that are in it, then the muted alerts; after the end of a file, only a state of
    single signals.
    """
    shown = badge(view)
    muted: Line = (Piece(f"{MUTED} {page.text(shown.muted)}", Style.QUIET),)
    named = (Piece(f" {page.text(shown.signals)}", Style.NAME),) if shown.signals else ()
    state: Line = (Piece(page.text(shown.word), STYLES.get(shown.state, Style.PLAIN)), *named)
    ended: Line = (Piece(ENDED, Style.HEADING),)
    return [
        *([ended] if view.ended else []),
        *([state] if not view.ended or shown.state in NAMED else []),
        *([muted] if shown.muted else []),
    ]


def _unlearned(view: View, learning: LearningView) -> list[Line]:
    return [
        (Piece(figures.counted(learning.count, "request")),),
        (Piece(f"no baseline: {unlearned(view)}", Style.WARNING),),
    ]


def _learning(learning: LearningView) -> list[Line]:
    share = min(1.0, learning.elapsed / learning.duration) if learning.duration > 0 else 1.0
    left = max(0.0, learning.duration - learning.elapsed)
    bar = "#" * round(BAR * share)
    silent = f"restarted: no request for {figures.duration(learning.silence)}"
    return [
        *([(Piece(silent, Style.WARNING),)] if learning.silence else []),
        (Piece(f"{figures.count(learning.count)} requests so far"),),
        (Piece(f"estimated rate {figures.rate(learning.rate)} /s"),),
        (Piece(f"{figures.duration(left)} left"),),
        (Piece(f"[{bar:.<{BAR}}] {100 * share:.0f} %", Style.CHART),),
    ]


def _enforcing(enforcing: EnforcingView, ended: bool) -> list[Line]:
    bucket = figures.span(enforcing.bucket_size)
    limit, over = "no limit known yet", False
    if enforcing.limit is not None:
        follows = isclose(enforcing.limit, enforcing.baseline * (1 + enforcing.threshold / 100))
        threshold = f" (+{figures.number(enforcing.threshold)} %)" if follows else ""
        limit = f"alert above {figures.number(enforcing.limit)}{threshold}"
        over = enforcing.count > enforcing.limit
    so_far = f"so far {figures.count(enforcing.count)}" + " (above)" * over
    current: list[Line] = [
        (Piece(so_far, Style.WARNING if over else Style.NAME),),
        (Piece(f"next check in {figures.duration(enforcing.next_check)}"),),
    ]
    baseline: Line = (Piece(f"baseline {figures.count(enforcing.baseline)} /{bucket}"),)
    return [baseline, (Piece(limit),), *([] if ended else current)]


def health(view: View, page: Page) -> list[Line]:
    """Show what was captured and missed, the oddities by name, then the warnings."""
    lines = page.flow(health_items(view, page), indent=2)
    if view.health.oddities:
        lines += page.flow([(Piece("oddities"),), *_named(view.health.oddities, page)], indent=2)
    for warning in view.health.warnings:
        lines += page.wrap(f"! {page.text(warning)}", Style.WARNING, indent=2)
    return lines


def health_items(view: View, page: Page) -> list[Line]:
    """List what was captured, what was missed, and since when counts of earlier runs are included."""
    health = view.health
    seen: Line = (Piece(f"capture {figures.rate(health.packet_rate)} packets/s"),)
    return [
        *_sensors(view, page),
        seen,
        *_losses(health),
        *_unread(health, page),
        *_keys(health, page),
        *_blocked(view),
        *proxy_items(view),
        *_earlier(view, page),
    ]


def _sensors(view: View, page: Page) -> list[Line]:
    """Say how many sensors are added up, how many are silent, and how far the past is loaded."""
    fleet = view.fleet
    if fleet is None:
        return []
    added = sum(not sensor.left_out for sensor in fleet.sensors)
    total = f" of {figures.count(len(fleet.sensors))}" if added < len(fleet.sensors) else ""
    items: list[Line] = [(Piece("sensors "), Piece(f"{figures.count(added)}{total}", Style.NAME))]
    if silent := sum(sensor.silent for sensor in fleet.sensors):
        items.append((Piece("silent "), Piece(figures.count(silent), Style.ALARM)))
    if off := sum(abs(sensor.skew) > SKEW for sensor in fleet.sensors):
        items.append((Piece("clock off "), Piece(figures.count(off), Style.WARNING)))
    if fleet.vantage is not None:
        items.append((Piece("vantage "), Piece(page.text(fleet.vantage) or "none", Style.NAME)))
    if fleet.loading:
        items.append((Piece("loading the past, since "), Piece(figures.since(fleet.since, view.now, page.zone))))
    return items


def _blocked(view: View) -> list[Line]:
    """Say how many clients are blocked, if a front is told of any."""
    if view.blocks is None:
        return []
    word = "would block " if view.blocks.dry_run else "blocked "
    return [
        (Piece(word), Piece(figures.count(view.blocks.current), Style.WARNING if view.blocks.current else Style.NAME))
    ]


def _keys(view: HealthView, page: Page) -> list[Line]:
    """Say how many keys of TLS connections were read, and from where."""
    if not view.key_sources:
        return []
    return [(Piece("keys "), Piece(page.text(keys_in_words(view), NAME_WIDTH)))]


def keys_in_words(view: HealthView) -> str:
    """Return the number of keys, and their source or the number of sources."""
    sources = view.key_sources
    return f"{figures.count(view.keys)} from {sources[0] if len(sources) == 1 else f'{len(sources)} sources'}"


def _earlier(view: View, page: Page) -> list[Line]:
    if view.history_since is None:
        return []
    since = figures.since(view.history_since, view.now, page.zone)
    return [(Piece("includes history since "), Piece(since, Style.NAME))]


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
    if view.unnamed_requests:
        items.append(_counted("names unknown", view.unnamed_requests, f" ({why_unnamed(view)})", Style.WARNING))
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
    if view.uninspected:
        times, reasons = uninspected(view)
        items.append(_counted("not inspected", times, f" ({page.text(reasons)})", Style.WARNING))
    return items


def why_unnamed(view: HealthView) -> str:
    """Say why names cannot be known: HTTP/2 sends most of them once, and then only their number (RFC 7541)."""
    return "HTTP/2 already open" + (", or gaps" if view.gaps else "")


def uninspected(view: HealthView) -> tuple[int, str]:
    """Return how many exchanges were not inspected, and how many for which reason."""
    reasons = ", ".join(f"{figures.count(times)} {reason}" for reason, times in view.uninspected)
    return sum(times for _, times in view.uninspected), reasons


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
    return [*title(view, page), *state(view, page), *health(view, page), EMPTY]
