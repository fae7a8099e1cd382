"""The request rate: a chart of the latest buckets between its name and its figures. Pure."""

from collections.abc import Sequence

from view import figures
from view.page import GAP, Line, Page, Piece, Style
from view.panel import Chart
from view.view import View

SHORTEST = 8
"""Fewest buckets that make a chart."""


def request_rate(view: View, page: Page) -> list[Line]:
    """Make one line: name, chart, latest rate and peak; the requests in the retention window if they fit."""
    if view.request_rate is None:
        return []
    name = "Request rate"
    window = figures.span(view.retention)
    now = view.request_rate[-1] if view.request_rate else None
    latest = f"now {figures.rate(now)} /s" if now is not None else "no full interval yet"
    latest += usual(view.chart)
    peak = f"peak {figures.rate(view.peak_rate)} /s in {window}"
    requests = f"{figures.count(view.requests)} requests in {window}"
    told = GAP * " " + (GAP * " ").join([latest, peak])
    if len(name) + len(told) + 2 * GAP + len(requests) + 4 * SHORTEST <= page.width:
        told += GAP * " " + requests
    room = page.width - len(name) - GAP - len(told)
    if room < SHORTEST or not view.request_rate:
        return [(Piece(name, Style.HEADING), Piece(told))]
    chart = GAP * " " + sparkline(view.request_rate[-room:], page)
    return [(Piece(name, Style.HEADING), Piece(chart, Style.CHART), Piece(told))]


def usual(chart: Chart | None) -> str:
    """Say which rates are usual now, as ` (usual 9.1-15)`; nothing if that is unknown."""
    band = chart.usual if chart is not None else None
    return f" (usual {figures.rate(band.low)}-{figures.rate(band.high)})" if band is not None else ""


def sparkline(values: Sequence[float | None], page: Page) -> str:
    """Draw one block for each value, scaled to the highest; only zero gets the lowest block, and None a shade."""
    highest = max((value for value in values if value is not None), default=0)
    return "".join(page.shade if value is None else _block(value, highest, page.blocks) for value in values)


def _block(value: float, highest: float, blocks: str) -> str:
    return blocks[max(1, round((len(blocks) - 1) * value / highest)) if value > 0 else 0]
