"""Prepares the charts of the page: requests and status classes over time. Pure."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, groupby
from typing import Final, NamedTuple

from outputs.report.plots import Axis, Span, bars, columns, scale, y
from view import figures
from view.panel import Chart
from view.view import AlertView, View

FEW: Final = 12
"""Minimum slices for a chart; with fewer, the latest buckets are drawn instead."""
_FAMILIES: Final = {"1": "info", "2": "good", "3": "moved", "4": "wrong", "5": "bad"}
"""Style of a status class by its first digit."""

Moment = Callable[[float], str]
"""Formats a time since the epoch."""


class Layer(NamedTuple):
    """One colour of a chart."""

    name: str
    style: str
    path: str
    total: str


class Level(NamedTuple):
    """A horizontal line."""

    y: float
    style: str
    name: str


class Drawing(NamedTuple):
    """A chart, ready to be drawn."""

    heading: str
    summary: str
    """The chart in words, for screen readers."""
    layers: tuple[Layer, ...]
    slices: tuple[Span, ...]
    ticks: tuple[str, ...]
    """Labels of the value axis, from the top to 0."""
    times: tuple[str, ...]
    """Labels of the time axis, from left to right."""
    levels: tuple[Level, ...] = ()
    spans: tuple[Span, ...] = ()
    """The alerts."""
    shades: tuple[Span, ...] = ()
    """The times that nobody watched."""


def rate_drawing(view: View, moment: Moment) -> Drawing | None:
    """Return the chart of requests per second, with baseline, limit and alerts; None if nothing was counted."""
    chart = _finest(view)
    if chart is None or not any(chart.known):
        return None
    levels = _levels(view)
    top = scale(max(*chart.known, *(value for value, _, _ in levels), 0.0))
    axis = Axis(chart.start, chart.start + len(chart.rates) * chart.width)
    highest = max(chart.known)
    titles = ["nobody watched" if rate is None else f"{figures.rate(rate)} requests/s" for rate in chart.rates]
    average = figures.rate(sum(chart.known) / len(chart.known))
    summary = f"On average {average} requests/s, at most {figures.rate(highest)} in {figures.span(chart.width)}."
    return Drawing(
        "Requests per second",
        summary,
        (Layer("requests/s", "plain", bars([rate or 0.0 for rate in chart.rates], top), ""),),
        _slices(chart, titles, moment),
        _ticks(top, figures.rate),
        _times(axis, moment),
        tuple(Level(y(value, top), style, name) for value, style, name in levels),
        tuple(_alert(alert, axis, view.now, moment) for alert in view.alerts),
        tuple(_unwatched(chart, axis)),
    )


def class_drawing(view: View, moment: Moment) -> Drawing | None:
    """Return the chart of responses by status class; None if there were none."""
    chart = view.chart
    if chart is None or not any(any(counts) for _, counts in chart.classes):
        return None
    length = max(len(counts) for _, counts in chart.classes)
    stacks = [(name, _padded(counts, length)) for name, counts in chart.classes]
    sums = [sum(parts) for parts in zip(*(counts for _, counts in stacks), strict=True)]
    top = scale(max(sums))
    feet = list(accumulate((counts for _, counts in stacks), _plus, initial=[0] * length))
    totals = [(name, sum(counts)) for name, counts in stacks]
    titles = [", ".join(f"{counts[at]} {name}" for name, counts in stacks if counts[at]) for at in range(length)]
    axis = Axis(chart.start, chart.start + length * chart.width)
    return Drawing(
        f"Responses by status class, in {figures.span(chart.width)} each",
        ", ".join(f"{name}: {figures.percent(total, sum(sums))}" for name, total in totals if total) + ".",
        tuple(
            Layer(name, _FAMILIES.get(name[:1], "none"), bars(counts, top, feet[at]), figures.count(sum(counts)))
            for at, (name, counts) in enumerate(stacks)
        ),
        _slices(chart, titles, moment),
        _ticks(top, figures.count),
        _times(axis, moment),
        shades=tuple(_unwatched(chart, axis)),
    )


def _finest(view: View) -> Chart | None:
    """Return the chart of the window, or of the buckets if the window has few slices yet."""
    chart, rates = view.chart, view.request_rate
    if not rates or (chart is not None and len(chart.rates) >= min(FEW, len(rates))):
        return chart
    end = view.now // view.bucket_size * view.bucket_size
    return Chart(end - len(rates) * view.bucket_size, view.bucket_size, rates)


def _levels(view: View) -> list[tuple[float, str, str]]:
    enforcing = view.enforcing
    if enforcing is None:
        return []
    pairs = [("baseline", enforcing.baseline), *([("limit", enforcing.limit)] if enforcing.limit is not None else [])]
    return [
        (value / enforcing.bucket_size, name, f"{name} {figures.rate(value / enforcing.bucket_size)} /s")
        for name, value in pairs
    ]


def _alert(alert: AlertView, axis: Axis, now: float, moment: Moment) -> Span:
    end = now if alert.end is None else alert.end
    lasted = f"{'active for' if alert.end is None else 'lasted'} {figures.duration(end - alert.start)}"
    return axis.span(*alert.beyond(now), f"Alert: {alert.title}, {moment(alert.start)}, {lasted}")


def _unwatched(chart: Chart, axis: Axis) -> Iterator[Span]:
    """Yield a span for each run of slices that nobody watched."""
    place = 0
    for unwatched, run in groupby(chart.rates, key=lambda rate: rate is None):
        end = place + len(list(run))
        if unwatched:
            yield axis.span(chart.start + place * chart.width, chart.start + end * chart.width, "Nobody watched")
        place = end


def _slices(chart: Chart, titles: Sequence[str], moment: Moment) -> tuple[Span, ...]:
    return columns([f"{moment(chart.start + at * chart.width)}: {title}" for at, title in enumerate(titles)])


def _ticks(top: float, text: Callable[[float], str]) -> tuple[str, ...]:
    return (text(top), text(top / 2), "0")


def _times(axis: Axis, moment: Moment) -> tuple[str, ...]:
    return tuple(map(moment, (axis.start, (axis.start + axis.end) / 2, axis.end)))


def _padded(counts: Sequence[int], length: int) -> list[int]:
    return [*counts, *[0] * (length - len(counts))]


def _plus(one: Sequence[int], two: Sequence[int]) -> list[int]:
    return [left + right for left, right in zip(one, two, strict=True)]
