"""Says why a signal is offered a season: the baseline that was learned once does not fit an ordinary day. Pure."""

from collections.abc import Iterable
from typing import Final

from alerting.events import AlertContinued, Event, Flapping

HOURS: Final = 3
"""Hours of one alert after which it may be the baseline that is wrong: it was learned at a quiet time."""


def reason(events: Iterable[Event]) -> str:
    """Return the reason that events of a signal give, to stand behind its name; empty if they give none."""
    for event in events:
        if isinstance(event, Flapping):
            return f"changed state {event.changes} times in an hour"
        if isinstance(event, AlertContinued) and event.time - event.alert.start >= HOURS * 3600:
            return f"has alerted for {HOURS} hours"
    return ""
