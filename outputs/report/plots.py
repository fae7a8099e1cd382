"""Turns numbers into the geometry of drawings. Pure.

Every drawing is WIDTH x HEIGHT units, and the page stretches it; y grows downwards. It contains no text, which would
be stretched too: the page puts text around it.
"""

from collections.abc import Sequence
from math import floor, log10
from typing import Final, NamedTuple

WIDTH: Final = 1000.0
HEIGHT: Final = 100.0
_STEPS: Final = (1, 2, 2.5, 5, 10)
_GAP: Final = 0.15
"""Share of the space of a bar that stays empty beside it."""


class Span(NamedTuple):
    """A part of the width, with a title."""

    x: float
    width: float
    title: str


class Axis(NamedTuple):
    """The times of the left and the right edge of a drawing, in seconds since the epoch."""

    start: float
    end: float

    def x(self, moment: float) -> float:
        """Return the position of a time, at most at an edge."""
        length = self.end - self.start
        return round(WIDTH * min(1.0, max(0.0, (moment - self.start) / length)), 2) if length > 0 else 0.0

    def span(self, start: float, end: float, title: str) -> Span:
        """Return the part between two times, wide enough to be visible."""
        left = min(self.x(start), WIDTH - 2)
        return Span(left, max(2.0, round(self.x(end) - left, 2)), title)


def scale(highest: float) -> float:
    """Return the end of an axis, not below `highest`: 1, 2, 2.5 or 5 times a power of ten."""
    if not 0 < highest < 1e300:
        return 1.0
    power = 10.0 ** floor(log10(highest))
    return next(step * power for step in _STEPS if step * power >= highest or step == _STEPS[-1])


def y(value: float, top: float) -> float:
    """Return the position of a value on an axis from 0 to `top`."""
    return round(HEIGHT * (1 - min(1.0, max(0.0, value / top))), 2)


def bars(values: Sequence[float], top: float, below: Sequence[float] = ()) -> str:
    """Return a path with one bar per value, stacked on `below`; values above 0 are visible."""
    room = WIDTH / max(1, len(values))
    inner = round(room * (1 - _GAP), 2)
    parts = []
    for index, value in enumerate(values):
        foot = y(below[index] if below else 0.0, top)
        height = round(foot - y((below[index] if below else 0.0) + value, top), 2)
        if value > 0:
            parts.append(f"M{round(index * room, 2):g} {foot:g}v{-max(height, 0.5):g}h{inner:g}V{foot:g}z")
    return "".join(parts)


def columns(titles: Sequence[str]) -> tuple[Span, ...]:
    """Divide the width equally, one part per title."""
    room = WIDTH / max(1, len(titles))
    return tuple(Span(round(index * room, 2), round(room, 2), title) for index, title in enumerate(titles))


def share(part: float, whole: float) -> float:
    """Return the length of a bar for `part` of `whole`; parts above 0 are visible."""
    if part <= 0 or whole <= 0:
        return 0.0
    return round(max(WIDTH * min(1.0, part / whole), 4.0), 2)
