"""Single lines for outputs that are no screen: what was decided, and how far learning is. Pure."""

from datetime import tzinfo

from alerting.events import AlertDismissed, AlertRaised, Event, Learned, LearningRestarted
from dashboard import figures
from dashboard.view import View


def event_line(event: Event, zone: tzinfo | None = None) -> str:
    """What happened and when; empty for what is no news."""
    moment = figures.moment(event.time, zone)
    if isinstance(event, Learned):
        return f"{moment}  Learned the baseline: {figures.count(event.baseline)} requests"
    if isinstance(event, LearningRestarted):
        return f"{moment}  No request while learning; it starts again"
    if isinstance(event, AlertRaised):
        hits = figures.count(event.alert.value)
        return f"{moment}  High traffic generated an alert - hits = {hits}, triggered at {moment}"
    if isinstance(event, AlertDismissed):
        return f"{moment}  Alert dismissed after {figures.duration(event.time - event.alert.start)}"
    return ""


def learning_line(view: View, zone: tzinfo | None = None) -> str:
    """Count so far, estimated rate and time left; empty once the baseline is learned."""
    learning = view.learning
    if learning is None:
        return ""
    left = figures.duration(max(0.0, learning.duration - learning.elapsed))
    rate = figures.rate(learning.rate)
    count = figures.count(learning.count)
    return f"{figures.moment(view.now, zone)}  Learning: {count} requests so far, estimated rate {rate} /s, {left} left"
