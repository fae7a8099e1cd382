"""The badge: how things stand, in a word or two, followed by the signals that make it so. Pure."""

from typing import Final, NamedTuple

from view import figures
from view.view import View

WORDS: Final = {"LEARNING": "LEARNING", "NORMAL": "ENFORCING", "ALERT": "ALERT", "DISMISSED": "DISMISSED"}
"""The words that users see for the states."""
ENDED: Final = "ENDED"
"""Stands before the last state once a file was read."""
NAMED: Final = ("ALERT", "DISMISSED")
"""States that belong to single signals."""
MOST: Final = 2
"""Most signals that are named."""


class Badge(NamedTuple):
    """The worst state of all signals."""

    state: str
    word: str
    signals: str
    """Titles of the signals in this state; empty if it is the state of all."""

    def __str__(self) -> str:
        return f"{self.word} {self.signals}" if self.signals else self.word


def badge(view: View) -> Badge:
    """Return the badge of a View."""
    titles = [signal.title for signal in view.signals if signal.state == view.state] if view.state in NAMED else []
    more = f" and {len(titles) - MOST} more" if len(titles) > MOST else ""
    return Badge(view.state, WORDS.get(view.state, view.state), ", ".join(titles[:MOST]) + more)


def badge_text(view: View) -> str:
    """Write the badge as text; after the end of a file, with the state that was the last one if it says anything."""
    shown = str(badge(view))
    if not view.ended:
        return shown
    return f"{ENDED} {shown}" if view.state in NAMED else ENDED


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
