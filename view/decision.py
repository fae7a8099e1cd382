"""Says in a few words what the user decided about a signal, or that this has ended. Pure."""

from datetime import tzinfo
from math import isinf

from alerting.events import Accepted, Acknowledged, BaselineChosen, Decision, Muted
from view import figures

EVERY = "all signals"


def decision_text(event: Decision, zone: tzinfo | None = None) -> str:
    """Return what was decided, as `Muted until 17:02:10 2026-11-22: request rate`. None as the zone is local time."""
    return f"{_verb(event, zone)}: {signal_in_words(event.signal)}"


def signal_in_words(signal: str) -> str:
    """Return a signal as `request rate`, after the sensor if it is one's own; without a name all are meant."""
    name, _, sensor = signal.partition("@")
    return f"{sensor} {name}".strip().replace("_", " ") or EVERY


def is_over(event: Muted) -> bool:
    """Return whether it is the end of a muting."""
    return event.until <= event.time


def _verb(event: Decision, zone: tzinfo | None) -> str:
    if isinstance(event, Muted):
        if is_over(event):
            return "No longer muted"
        return "Muted until it is ended" if isinf(event.until) else f"Muted until {figures.moment(event.until, zone)}"
    if isinstance(event, BaselineChosen):
        return f"{event.kind.capitalize()} baseline"
    if isinstance(event, Accepted):
        return "Accepted as usual"
    return "Acknowledged" if isinstance(event, Acknowledged) else "Learning again"
