"""Single lines for outputs without a dashboard: events, and the progress of learning. Pure."""

from datetime import tzinfo

from alerting.events import (
    REQUEST_RATE,
    AlertDismissed,
    AlertRaised,
    Decision,
    Event,
    Flapping,
    FlappingEnded,
    Learned,
    LearningRestarted,
)
from blocking.block import BlockEvent, Extended, Lifted, Why, said
from view import figures
from view.cells import visible
from view.decision import decision_text, signal_in_words
from view.view import View


def event_line(event: Event, zone: tzinfo | None = None) -> str:
    """Say what happened and when; empty if the event is not worth a line."""
    news = _news(event, zone)
    return f"{figures.moment(event.time, zone)}  {news}" if news else ""


def block_line(event: BlockEvent, zone: tzinfo | None = None) -> str:
    """Say who was blocked or is no longer, and when; empty if the end of the run, which the summary tells, is why."""
    if isinstance(event, Extended) or (isinstance(event, Lifted) and event.why is Why.ENDED):
        return ""
    return f"{figures.moment(event.time, zone)}  {visible(said(event))}"


def _news(event: Event, zone: tzinfo | None) -> str:
    if isinstance(event, AlertRaised):
        return event.alert.explanation
    if isinstance(event, AlertDismissed):
        which = f"{event.alert.sensor} " * bool(event.alert.sensor) + signal_in_words(event.alert.signal)
        which = "" if which == signal_in_words(REQUEST_RATE) else f": {which}"
        return f"Alert dismissed after {figures.duration(event.time - event.alert.start)}{which}"
    if isinstance(event, Flapping):
        return f"Flapping: {signal_in_words(event.signal)} changed state {event.changes} times in an hour; muted"
    if isinstance(event, FlappingEnded):
        stands = "no alert" if event.alert.end is not None else "its alert is active"
        return f"Calm again: {signal_in_words(event.signal)}, {stands}"
    if isinstance(event, Decision):
        return decision_text(event, zone)
    return _learned(event)


def _learned(event: Event) -> str:
    """Report the learning of the request rate; other signals learn along with it, or once they have enough traffic."""
    if isinstance(event, Learned) and event.signal == REQUEST_RATE:
        return f"Learned the baseline: {figures.count(event.baseline)} requests"
    restarted = isinstance(event, LearningRestarted) and event.signal == REQUEST_RATE
    return "No request while learning; learning restarts" if restarted else ""


def learning_line(view: View, zone: tzinfo | None = None) -> str:
    """Say how many requests came, at which rate, and how long learning takes; empty once it is over."""
    learning = view.learning
    if learning is None:
        return ""
    left = figures.duration(max(0.0, learning.duration - learning.elapsed))
    rate = figures.rate(learning.rate)
    count = figures.count(learning.count)
    again = f", restarted: no request for {figures.duration(learning.silence)}" if learning.silence else ""
    so_far = f"{count} requests so far, estimated rate {rate} /s, {left} left"
    return f"{figures.moment(view.now, zone)}  Learning: {so_far}{again}"
