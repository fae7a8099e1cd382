"""How a series fits a number of columns, and values the height of a chart. Pure."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, floor, log10
from typing import NamedTuple, TypeVar

from view.view import Chart

STEPS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
"""Mantissas of the top of a scale. It changes seldom, so that a chart keeps still."""

LEAST = 1e-9
"""Below this a rate is nothing: a request in thirty years."""

Value = TypeVar("Value", int, float)


class Columns(NamedTuple):
    """How the slices of a chart are shared out among the columns of a screen.

    Many slices to a column: groups that begin at multiples of `group` slices since the epoch, so that a slice stays
    with its neighbours while the window moves on. Few slices: each takes `repeat` columns.
    """

    group: int
    repeat: int
    first: int
    """Slices since the epoch, of the first one."""

    @classmethod
    def of(cls, chart: Chart, room: int) -> "Columns":
        """The way in which all slices of the chart take at most `room` columns."""
        slices = max(1, len(chart.rates))
        first = floor(chart.start / chart.width + 0.5) if chart.width > 0 else 0
        if slices <= room:
            return cls(1, max(1, room // slices), first)
        group = ceil(slices / max(1, room - 1))  # one less, as the first and the last group may both be parts
        return cls(group, 1, first)

    def spread(self, values: Sequence[Value], join: Callable[[Sequence[Value]], Value]) -> list[Value]:
        """The values, one for each column."""
        if self.group == 1:
            return [value for value in values for _ in range(self.repeat)]
        cut: int = self.group - self.first % self.group
        bounds = [0, *range(cut, len(values), self.group), len(values)]
        return [join(values[start:end]) for start, end in pairwise(bounds) if end > start]


def top_of_scale(highest: float) -> float:
    """The round number at or above `highest` that a scale ends with."""
    if highest < LEAST:
        return 1.0
    power = 10.0 ** floor(log10(highest))
    return next((step * power for step in STEPS if step * power >= highest * 0.999999), 10 * power)
