"""What a signal has learned, as far as it takes to judge traffic that was recorded by it."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from alerting.contributors import largest
from alerting.signal_statistics import SignalStatistic
from alerting.window import Window

MOST_NAMES: Final = 100
"""Names kept of a statistic; contributors have a larger share than the others could have."""


class Amounts(NamedTuple):
    """What was counted for a statistic."""

    total: int
    names: Mapping[str, int]


class Usual(NamedTuple):
    """The latest window without an alert."""

    seconds: float
    counted: Mapping[str, Amounts]
    """By statistic."""


class Lesson(NamedTuple):
    """What one signal has learned."""

    baselines: Mapping[str, float]
    """By subject."""
    usual: Usual | None = None


Lessons = Mapping[str, Lesson]
"""By signal."""


def usual_of(window: Window | None, statistics: Iterable[SignalStatistic]) -> Usual | None:
    """Return what was counted in a window."""
    if window is None:
        return None
    sums = {each.name: window.of(each) for each in statistics}
    counted = {name: Amounts(each.total, dict(largest(each.names(), MOST_NAMES))) for name, each in sums.items()}
    return Usual(window.seconds, counted)


def window_of(usual: Usual | None, statistics: Iterable[SignalStatistic], closes: float) -> Window | None:
    """Return the window in which that was counted, as if it had ended at `closes`."""
    if usual is None:
        return None
    window = Window.empty(statistics, closes - usual.seconds, closes)
    for statistic in statistics:
        if known := usual.counted.get(statistic.name):
            window.of(statistic).restore(known.total, known.names)
    return window
