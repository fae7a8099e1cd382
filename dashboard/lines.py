"""Single lines for outputs that are no screen: what was decided, and how far learning is. Pure."""

from datetime import tzinfo

from alerting.events import (
    REQUEST_RATE,
    AlertDismissed,
    AlertRaised,
    Event,
    Flapping,
    FlappingEnded,
    Learned,
    LearningRestarted,
)
from view import figures
from view.view import View


def event_line(event: Event, zone: tzinfo | None = None) -> str:
    """What happened and when; empty for what is no news."""
    news = _news(event)
    return f"{figures.moment(event.time, zone)}  {news}" if news else ""


def _news(event: Event) -> str:
    if isinstance(event, AlertRaised):
        return event.alert.explanation
    if isinstance(event, AlertDismissed):
        which = "" if event.alert.signal == REQUEST_RATE else f": {_named(event.alert.signal)}"
        return f"Alert dismissed after {figures.duration(event.time - event.alert.start)}{which}"
    if isinstance(event, Flapping):
        return f"Flapping: {_named(event.signal)} changed its state {event.changes} times in an hour, and is not told"
    if isinstance(event, FlappingEnded):
        stands = "no alert" if event.alert.end is not None else "its alert is active"
        return f"Calm again: {_named(event.signal)}, {stands}"
    return _learned(event)


def _learned(event: Event) -> str:
    """Of the request rate; the other signals learn along with it, or when they have enough traffic."""
    if isinstance(event, Learned) and event.signal == REQUEST_RATE:
        return f"Learned the baseline: {figures.count(event.baseline)} requests"
    restarted = isinstance(event, LearningRestarted) and event.signal == REQUEST_RATE
    return "No request while learning; it starts again" if restarted else ""


def _named(signal: str) -> str:
    return signal.replace("_", " ")


def learning_line(view: View, zone: tzinfo | None = None) -> str:
    """Count so far, estimated rate and time left; empty once the baseline is learned."""
    learning = view.learning
    if learning is None:
        return ""
    left = figures.duration(max(0.0, learning.duration - learning.elapsed))
    rate = figures.rate(learning.rate)
    count = figures.count(learning.count)
    return f"{figures.moment(view.now, zone)}  Learning: {count} requests so far, estimated rate {rate} /s, {left} left"
