"""The state machine of an alert, in one table. Everything judged against a baseline follows it."""

from collections.abc import Mapping
from enum import Enum
from typing import Final


class State(Enum):
    """State of a signal."""

    LEARNING = "LEARNING"
    """Collects values for the baseline and judges nothing."""
    NORMAL = "NORMAL"
    """The last bucket was within the limit, or none has been judged."""
    ALERT = "ALERT"
    """The last bucket exceeded the limit."""
    DISMISSED = "DISMISSED"
    """The alert is over, and its dismissal is on the screen."""


class Trigger(Enum):
    """What triggers a transition."""

    LEARNED = "LEARNED"
    """Learning ended with a baseline above 0."""
    EMPTY = "EMPTY"
    """Learning ended with nothing counted."""
    EXCEEDED = "EXCEEDED"
    """A bucket ended beyond the limit."""
    WITHIN = "WITHIN"
    """A bucket ended within the limit."""
    REFRESHED = "REFRESHED"
    """The dashboard was refreshed, so what it showed has been seen."""
    RELEARN = "RELEARN"
    """The user asked for a new baseline."""


class IllegalTrigger(Exception):  # noqa: N818 # it is a programming error, not a state of the program
    """The table has no transition for this state and trigger. Nothing was changed."""


TRANSITIONS: Final[Mapping[State, Mapping[Trigger, State]]] = {
    State.LEARNING: {
        Trigger.LEARNED: State.NORMAL,
        Trigger.EMPTY: State.LEARNING,  # learning restarts
        Trigger.REFRESHED: State.LEARNING,
        Trigger.RELEARN: State.LEARNING,
    },
    State.NORMAL: {
        Trigger.EXCEEDED: State.ALERT,
        Trigger.WITHIN: State.NORMAL,
        Trigger.REFRESHED: State.NORMAL,
        Trigger.RELEARN: State.LEARNING,
    },
    State.ALERT: {
        Trigger.EXCEEDED: State.ALERT,  # the alert continues
        Trigger.WITHIN: State.DISMISSED,
        Trigger.REFRESHED: State.ALERT,
        Trigger.RELEARN: State.LEARNING,  # the alert ends
    },
    State.DISMISSED: {
        Trigger.EXCEEDED: State.ALERT,
        Trigger.WITHIN: State.NORMAL,
        Trigger.REFRESHED: State.NORMAL,
        Trigger.RELEARN: State.LEARNING,
    },
}
"""The next state. Pairs that are missing here are illegal."""


def next_state(state: State, trigger: Trigger) -> State:
    """Return the state that follows `state` on `trigger`.

    Raises:
        IllegalTrigger: the table has no such pair.
    """
    try:
        return TRANSITIONS[state][trigger]
    except KeyError:
        raise IllegalTrigger(f"{trigger.name} is illegal in state {state.name}") from None
