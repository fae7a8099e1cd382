"""Draws curves as small SVG charts side by side, with a logarithmic horizontal axis. Pure."""

from collections.abc import Sequence
from html import escape
from math import log10
from typing import Final, NamedTuple

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP = 260, 150, 60, 60, 50, 30
FIRST, SECOND = "#1668b8", "#c2571a"
STYLE: Final = "font-family:sans-serif;font-size:11px;fill:#808080"


class ChartLine(NamedTuple):
    """One curve of a chart."""

    name: str
    values: Sequence[float]


class CostChart(NamedTuple):
    """Curves over the same numbers. Each has its own scale, from 0 to its highest value."""

    title: str
    of: str
    """What the numbers on the horizontal axis count."""
    numbers: Sequence[float]
    lines: Sequence[ChartLine]
    """One or two."""


def picture(charts: Sequence[CostChart]) -> str:
    """Return the charts as an SVG document."""
    across = len(charts) * (LEFT + WIDTH + GAP)
    body = "".join(_chart(chart, number * (LEFT + WIDTH + GAP) + LEFT) for number, chart in enumerate(charts))
    size = f"{across} {TOP + HEIGHT + BOTTOM}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" style="{STYLE}">\n{body}</svg>\n'


def _chart(chart: CostChart, left: float) -> str:
    low, high = log10(min(chart.numbers)), log10(max(chart.numbers))
    places = [left + WIDTH * (log10(number) - low) / ((high - low) or 1) for number in chart.numbers]
    ground = TOP + HEIGHT
    parts = [
        _text(left, TOP - 42, chart.title, "start", "#404040"),
        f'<path d="M{left} {TOP}V{ground}H{left + WIDTH}" fill="none" stroke="#808080"/>\n',
        *(_text(place, ground + 16, _short(number)) for place, number in zip(places, chart.numbers, strict=True)),
        _text(left + WIDTH / 2, ground + 34, chart.of),
    ]
    for number, line in enumerate(chart.lines):
        colour = (FIRST, SECOND)[number]
        top = max(line.values) or 1
        points = [(place, ground - HEIGHT * value / top) for place, value in zip(places, line.values, strict=True)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>\n')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>\n' for x, y in points]
        parts.append(_text(left, TOP - 27 + 13 * number, f"{line.name}, up to {top:,.3g}", "start", colour))
    return "".join(parts)


def _text(x: float, y: float, text: str, anchor: str = "middle", colour: str = "#808080") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>\n'


def _short(number: float) -> str:
    return f"{number / 1e6:g}M" if number >= 1e6 else f"{number / 1e3:g}k" if number >= 1e3 else f"{number:g}"
