"""The state machine of an alert: one table. Whoever judges anything against a baseline goes by it."""

from collections.abc import Mapping
from enum import Enum
from typing import Final


class State(Enum):
    """What the judge is at."""

    LEARNING = "LEARNING"
    """Counts for the baseline and judges nothing."""
    NORMAL = "NORMAL"
    """The last bucket was within the limit, or none was judged yet."""
    ALERT = "ALERT"
    """The last bucket exceeded the limit."""
    DISMISSED = "DISMISSED"
    """The alert is over, and its dismissal is on the screen."""


class Signal(Enum):
    """What happened."""

    LEARNED = "LEARNED"
    """Learning ended with a baseline above 0."""
    EMPTY = "EMPTY"
    """Learning ended with nothing counted."""
    EXCEEDED = "EXCEEDED"
    """A bucket ended on the wrong side of the limit."""
    WITHIN = "WITHIN"
    """A bucket ended on the right side of the limit."""
    REFRESHED = "REFRESHED"
    """The dashboard is refreshed, and what it showed before has been seen."""


class IllegalSignal(Exception):  # noqa: N818 # it is a misuse of the table and no state of the program
    """The state does not take this signal. Nothing was changed."""


TRANSITIONS: Final[Mapping[State, Mapping[Signal, State]]] = {
    State.LEARNING: {
        Signal.LEARNED: State.NORMAL,
        Signal.EMPTY: State.LEARNING,  # restarts
        Signal.REFRESHED: State.LEARNING,
    },
    State.NORMAL: {
        Signal.EXCEEDED: State.ALERT,
        Signal.WITHIN: State.NORMAL,
        Signal.REFRESHED: State.NORMAL,
    },
    State.ALERT: {
        Signal.EXCEEDED: State.ALERT,  # continues
        Signal.WITHIN: State.DISMISSED,
        Signal.REFRESHED: State.ALERT,
    },
    State.DISMISSED: {
        Signal.EXCEEDED: State.ALERT,
        Signal.WITHIN: State.NORMAL,
        Signal.REFRESHED: State.NORMAL,
    },
}
"""The state that follows. A pair that is not here is illegal."""


def next_state(state: State, signal: Signal) -> State:
    """The state that follows `state` on `signal`.

    Raises:
        IllegalSignal: the table has no such pair.
    """
    try:
        return TRANSITIONS[state][signal]
    except KeyError:
        raise IllegalSignal(f"{signal.name} is illegal in state {state.name}") from None
