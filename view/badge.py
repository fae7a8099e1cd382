"""The badge: how things stand, in a word or two, followed by the signals that make it so. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from view import figures
from view.view import SignalView, View

WORDS: Final = {"LEARNING": "LEARNING", "NORMAL": "ENFORCING", "ALERT": "ALERT", "DISMISSED": "DISMISSED"}
"""The words that users see for the states."""
ENDED: Final = "ENDED"
"""Stands before the last state once a file was read."""
NAMED: Final = ("ALERT", "DISMISSED")
"""States that belong to single signals."""
MUTED: Final = "muted alert:"
"""Stands before the signals that alert, of which the user does not want to hear."""
MOST: Final = 2
"""Most signals that are named."""


class Badge(NamedTuple):
    """The worst state of the signals that are not muted."""

    state: str
    word: str
    signals: str
    """Titles of the signals in this state; empty if it is the state of all."""
    muted: str
    """Titles of the muted signals that alert."""

    @property
    def named(self) -> str:
        """The state with its signals."""
        return f"{self.word} {self.signals}" if self.signals else self.word


def badge(view: View) -> Badge:
    """Return the badge of a View."""
    state = _state(view)
    told = [signal for signal in view.signals if not signal.muted and signal.state == state and state in NAMED]
    muted = [signal for signal in view.signals if signal.muted and signal.state == "ALERT"]
    return Badge(state, WORDS.get(state, state), _titles(told), _titles(muted))


def _state(view: View) -> str:
    """Return the state of the View; if only muted signals are in it, the worst state of the others."""
    here = [signal.muted for signal in view.signals if signal.state == view.state]
    if view.state not in NAMED or not here or not all(here):
        return view.state
    if view.learning is not None:
        return "LEARNING"
    return "DISMISSED" if any(each.state == "DISMISSED" and not each.muted for each in view.signals) else "NORMAL"


def _titles(signals: Sequence[SignalView]) -> str:
    more = f" and {len(signals) - MOST} more" if len(signals) > MOST else ""
    return ", ".join(signal.title for signal in signals[:MOST]) + more


def badge_text(view: View) -> str:
    """Write the badge as text; after the end of a file, with the state that was the last one if it says anything."""
    shown = badge(view)
    ended = [ENDED] if view.ended else []
    state = [shown.named] if not view.ended or shown.state in NAMED else []
    return " ".join([*ended, *state, *([f"({MUTED} {shown.muted})"] if shown.muted else [])])


def unlearned(view: View) -> str:
    """Say why there is no baseline at the end of a file; empty if there is one, or the file goes on."""
    if view.learning is None or not view.ended:
        return ""
    if not view.health.frames:
        return "no packets"
    if view.learning.silence:
        return f"no request in the first {figures.duration(view.learning.silence)}"
    length = view.now - view.started
    lasted = figures.duration(length) if length >= 1 else "less than 1 s"
    return f"{lasted} is too short to learn from; learning takes {figures.duration(view.learning.duration)}"
