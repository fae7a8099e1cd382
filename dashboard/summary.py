"""The summary of a run: what was captured, what was missed, and which alerts there were. Pure."""

import textwrap

from dashboard.heading import uninspected, why_unnamed
from dashboard.proxy_lines import proxy_summary
from view import figures
from view.badge import badge_text, unlearned
from view.blocks import BlocksView
from view.cells import visible
from view.view import HealthView, View

NAMES = 11
"""Width of the margin and the name of a line."""


def summary(view: View, width: int = 80, *, ascii_only: bool = False) -> str:
    """Write the summary as lines without colour, for the end of the output. A run without requests tells what may
    be the reason: a quiet one showed no dashboard.
    """
    warnings = [] if view.health.requests else _warnings(view, ascii_only)
    return _block([*_items(view, ascii_only), *warnings], width)


def standing(view: View, width: int = 80, *, ascii_only: bool = False) -> str:
    """Write the summary of a run that goes on, with the state, the oddities by name, and the warnings."""
    items = [("State", badge_text(view)), *_items(view, ascii_only)]
    if view.health.oddities:
        oddities = (f"{figures.count(times)} {visible(name, ascii_only)}" for name, times in view.health.oddities)
        items.append(("Oddities", ", ".join(oddities)))
    return _block([*items, *_warnings(view, ascii_only)], width)


def _warnings(view: View, ascii_only: bool) -> list[tuple[str, str]]:
    return [("Attention", visible(text, ascii_only)) for text in view.health.warnings]


def _items(view: View, ascii_only: bool) -> list[tuple[str, str]]:
    health = view.health
    return [
        ("Watched", f"{visible(view.source, ascii_only)} for {figures.duration(view.now - view.started)}"),
        ("Captured", f"{figures.counted(health.frames, 'packet')}, {_lost(health)}"),
        ("Requests", figures.count(health.requests)),
        ("Missed", _missed(health, ascii_only)),
        ("Alerts", _alerts(view)),
        *([("Blocked", _blocked(view.blocks))] if view.blocks is not None else []),
        *([("Proxy", visible(proxy_summary(view.proxy), ascii_only))] if view.proxy is not None else []),
        *([("Baseline", f"none: {reason}")] if (reason := unlearned(view)) else []),
    ]


def _block(items: list[tuple[str, str]], width: int) -> str:
    return "\n".join(_line(name, text, max(width - 1, 2 * NAMES)) for name, text in items)


def _line(name: str, text: str, width: int) -> str:
    start = f" {name}".ljust(NAMES)
    return textwrap.fill(text, width, initial_indent=start, subsequent_indent=" " * NAMES, break_on_hyphens=False)


def _lost(health: HealthView) -> str:
    dropped = f"{figures.count(health.dropped)} dropped"
    if health.dropped:
        dropped += f" ({figures.percent(health.dropped, health.frames + health.dropped)})"
    queue = f", {figures.counted(health.queue_lost, 'record')} lost in the queue" if health.queue_lost else ""
    return dropped + queue


def _missed(health: HealthView, ascii_only: bool) -> str:
    counted = [
        (health.gaps, "gap", f" ({figures.volume(health.missing_bytes)})"),
        (health.unpaired_responses, "response", " without request"),
        (health.unanswered_requests, "request", " without response"),
        (health.unnamed_requests, "request", f" with unknown names ({why_unnamed(health)})"),
        (health.evicted, "connection", " evicted"),
        *((times, f"{visible(kind, ascii_only)} connection", " unreadable") for kind, times in health.unreadable),
    ]
    times, reasons = uninspected(health)
    counted.append((times, "exchange", f" not inspected ({visible(reasons, ascii_only)})"))
    return ", ".join(f"{figures.counted(times, what)}{remark}" for times, what, remark in counted if times) or "nothing"


def _blocked(blocks: BlocksView) -> str:
    times = figures.counted(blocks.total, "block")
    return f"{times} in a dry run: no front was told" if blocks.dry_run else f"{times} by {', '.join(blocks.fronts)}"


def _alerts(view: View) -> str:
    """Count the alerts of this run; the View has those of earlier runs too."""
    alerts = [alert for alert in view.alerts if alert.start >= view.started]
    if not alerts:
        return "none"
    longest = max((view.now if alert.end is None else alert.end) - alert.start for alert in alerts)
    still = sum(alert.end is None for alert in alerts)
    active = f", {'one' if still == 1 else still} still active" if still else ""
    return f"{figures.count(len(alerts))}, longest {figures.duration(longest)}{active}"
