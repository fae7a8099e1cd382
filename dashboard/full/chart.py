"""Charts over time: the request rate with its baseline, limit and alerts, and the status classes. Pure."""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from itertools import groupby, pairwise, zip_longest
from math import ceil, floor, log10
from typing import NamedTuple, TypeVar

from alerting.events import REQUEST_RATE
from dashboard.response_line import STYLES
from view import figures
from view.page import Line, Page, Piece, Style
from view.panel import BandView, Chart
from view.view import AlertView, View

STEPS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
"""Mantissas that a scale may end with. There are few, so that the chart rarely changes its scale."""

LEAST = 1e-9
"""Rates below this count as nothing: a request in thirty years."""

Value = TypeVar("Value")


class ChartColumns(NamedTuple):
    """Shares out the slices of a chart among the columns of a screen.

    If there are many slices, columns hold groups that begin at multiples of `group` slices since the epoch, so that a
    slice stays with its neighbours while the window moves on. If there are few, each slice takes `repeat` columns.
    """

    group: int
    repeat: int
    first: int
    """Number of the first slice since the epoch."""

    @classmethod
    def of(cls, chart: Chart, room: int) -> "ChartColumns":
        """Fit all slices of the chart into at most `room` columns."""
        slices = max(1, len(chart.rates))
        first = floor(chart.start / chart.width + 0.5) if chart.width > 0 else 0
        if slices <= room:
            return cls(1, max(1, room // slices), first)
        group = ceil(slices / max(1, room - 1))  # one less, as the first and the last group may both be parts
        return cls(group, 1, first)

    def spread(self, values: Sequence[Value], join: Callable[[Sequence[Value]], Value]) -> list[Value]:
        """Return one value for each column."""
        if self.group == 1:
            return [value for value in values for _ in range(self.repeat)]
        cut: int = self.group - self.first % self.group
        bounds = [0, *range(cut, len(values), self.group), len(values)]
        return [join(values[start:end]) for start, end in pairwise(bounds) if end > start]


def top_of_scale(highest: float) -> float:
    """Return the round number at or above `highest` that a scale ends with."""
    if highest < LEAST:
        return 1.0
    power = 10.0 ** floor(log10(highest))
    return next((step * power for step in STEPS if step * power >= highest * 0.999999), 10 * power)


ALERT = "!"
"""Marks the buckets of an alert, below the axis or on it."""
ALERTS = "alert"
"""Name of these marks."""
ROOMY = 7
"""Fewest lines of a chart in which the marks have a line of their own."""
SHORT = 900
"""Longest window, in seconds, whose axis shows seconds."""
FEW = 12
"""Fewest slices that make a chart."""
LATEST = 60
"""Most buckets that are drawn in place of too few slices."""


class Strokes(NamedTuple):
    """Holds the characters that lines are drawn with."""

    baseline: str
    limit: str
    both: str
    edge: str
    """The upper and the lower edge of what is usual."""
    usual: str
    """Between them."""
    side: str
    corner: str
    axis: str


UNICODE = Strokes("┄", "─", "═", "╌", "·", "│", "└", "─")
ASCII = Strokes(".", "-", "=", "~", ":", "|", "+", "-")


class Stroke(NamedTuple):
    """Draws a line through one row of the chart."""

    character: str
    inside: str
    """Character where the line crosses a bar."""
    style: Style
    value: float | None
    """Value that the line stands for."""


class Marks(NamedTuple):
    """Holds what is drawn into a chart beside its bars."""

    baseline: float | None = None
    """Requests per second; None while learning."""
    limit: float | None = None
    alerts: Sequence[AlertView] = ()
    now: float = 0.0
    """End of an alert that is still active."""
    rate: float | None = None
    """Requests per second of the last whole bucket."""


def marks(view: View) -> Marks:
    """Return baseline, limit and alerts of the request rate. A filtered View has none: they are about all traffic."""
    rate = view.request_rate[-1] if view.request_rate else None
    if view.filter is not None:
        return Marks(rate=rate)
    alerts = [alert for alert in view.alerts if alert.signal == REQUEST_RATE]
    enforcing = view.enforcing
    if enforcing is None or enforcing.bucket_size <= 0:
        return Marks(alerts=alerts, now=view.now, rate=rate)
    size = enforcing.bucket_size
    limit = None if enforcing.limit is None else enforcing.limit / size
    return Marks(enforcing.baseline / size, limit, alerts, view.now, rate)


def chart_lines(chart: Chart | None, marks: Marks, page: Page) -> list[Line]:
    """Fill the page with the chart: a heading, the bars, and the axis."""
    height = page.height or 6
    if chart is None or not chart.known:
        return [(Piece("Requests/s", Style.HEADING), Piece("   nothing yet", Style.QUIET))]
    lines = [_heading(chart, marks, page)]
    if height < 4:
        return lines[:height]
    plot = Plot(chart, marks, page)
    below = plot.below(height >= ROOMY)
    return [*lines, *plot.rows(height - 1 - len(below)), *below]


def drawn(view: View) -> Chart | None:
    """Return the chart of the window, or the latest buckets if the window has too few slices.

    What is usual is left out of a filtered one: it is about all traffic.
    """
    chart, rates = view.chart, view.request_rate
    if chart is not None and view.filter is not None:
        chart = replace(chart, band=())
    if not rates or (chart is not None and len(chart.rates) >= FEW):
        return chart
    latest = rates[-LATEST:]
    end = view.now // view.bucket_size * view.bucket_size
    band = (chart.usual,) * len(latest) if chart is not None and chart.band else ()
    return Chart(end - len(latest) * view.bucket_size, view.bucket_size, latest, band=band)


def _heading(chart: Chart, marks: Marks, page: Page) -> Line:
    strokes = ASCII if page.ascii_only else UNICODE
    items: list[Line] = [(Piece("Requests/s", Style.HEADING),)]
    if marks.rate is not None:
        items.append((Piece(f"now {figures.rate(marks.rate)}", Style.NAME),))
    items.append((Piece(f"peak {figures.rate(max(chart.known))}"),))
    if chart.band:
        return page.flow([*items, *_usual(chart, strokes)], gap=2)[0]
    if marks.limit is not None:
        items.append((Piece(strokes.limit * 2, Style.LIMIT), Piece(f" limit {figures.rate(marks.limit)}")))
    if marks.baseline is not None:
        items.append((Piece(strokes.baseline * 2, Style.QUIET), Piece(f" baseline {figures.rate(marks.baseline)}")))
    return page.flow(items, gap=2)[0]


def _usual(chart: Chart, strokes: Strokes) -> list[Line]:
    """Say what is usual now, and how it is drawn."""
    band = chart.usual
    if band is None:
        return [(Piece("usual not known yet", Style.QUIET),)]
    told = f" usual {figures.rate(band.low)} to {figures.rate(band.high)}"
    return [(Piece(strokes.edge * 2, Style.LIMIT), Piece(told))]


class Plot:
    """Draws bars in a frame. Each row has eight steps."""

    def __init__(self, chart: Chart, marks: Marks, page: Page) -> None:
        self._chart, self._marks, self._page = chart, marks, page
        self._strokes = ASCII if page.ascii_only else UNICODE
        lines = (each.high for each in chart.band if each) if chart.band else (marks.limit or 0, marks.baseline or 0)
        self._top = top_of_scale(max((*chart.known, *lines)))
        self._gutter = max(5, len(figures.rate(self._top)))
        room = max(1, page.width - self._gutter - 2)
        self._columns = ChartColumns.of(chart, room)
        values = self._columns.spread(chart.rates, _highest)
        self._before = room - len(values)
        """Columns without a bar, as the latest one is at the right edge."""
        self._values: list[float | None] = [*[0.0] * self._before, *values]
        self._bands: list[BandView | None] = [None] * self._before
        self._bands += self._columns.spread(chart.band, _widest) if chart.band else [None] * len(values)

    def rows(self, height: int) -> Iterator[Line]:
        """Draw the bars beside their scale, highest row first."""
        lines = self._lines(height)
        for row in range(height - 1, -1, -1):
            line = lines.get(row, Stroke(" ", " ", Style.PLAIN, self._top if row == height - 1 else None))
            label = "" if line.value is None else figures.rate(line.value)
            style = Style.LIMIT if line.style is Style.LIMIT else Style.QUIET
            yield (Piece(f"{label:>{self._gutter}} {self._strokes.side}", style), *self._row(row, height, line))

    def below(self, roomy: bool) -> list[Line]:
        """Draw the axis with its times, and mark the buckets of alerts: below it if it is roomy, else on it.

        The times are never overwritten; on the axis, they are in the style of the marks instead.
        """
        marked = self._alerted()
        if not (marked and roomy):
            return [self._axis(marked)]
        columns = "".join(ALERT if column in marked else " " for column in range(len(self._values)))
        return [self._axis(set()), (Piece(f"{ALERTS:>{self._gutter}}  {columns}", Style.ALARM),)]

    def _axis(self, marked: Set[int]) -> Line:
        axis = [ALERT if column in marked else self._strokes.axis for column in range(len(self._values))]
        self._write_times(axis)
        pieces = [Piece(f"{'0':>{self._gutter}} {self._strokes.corner}", Style.QUIET)]
        for is_marked, run in groupby(enumerate(axis), key=lambda cell: cell[0] in marked):
            pieces.append(Piece("".join(text for _, text in run), Style.ALARM if is_marked else Style.QUIET))
        return tuple(pieces)

    def _alerted(self) -> set[int]:
        """Return the columns of the buckets of alerts."""
        spans = (self._between(*alert.beyond(self._marks.now)) for alert in self._marks.alerts)
        return {column for span in spans for column in range(*span)}

    def _row(self, row: int, height: int, line: Stroke) -> Iterator[Piece]:
        limit = self._marks.limit
        over = height if limit is None else self._steps(limit, height) // 8
        drawn = []
        for value, band in zip(self._values, self._bands, strict=True):
            if band is not None:
                drawn.append(self._beside(value, band, row, height))
                continue
            if value is None:
                drawn.append((self._page.shade, Style.QUIET) if line.character == " " else (line.character, line.style))
                continue
            steps = self._steps(value, height) - 8 * row
            exceeds = limit is not None and value > limit
            style = Style.OVER if exceeds and row >= over else Style.CHART
            bar = (self._page.blocks[max(0, min(steps, 8) - 1)], style)
            if steps <= 0:
                bar = (line.character, line.style)
            elif exceeds and steps >= 8 and line.style is Style.LIMIT:
                bar = (line.inside, Style.LIMIT_INSIDE)
            drawn.append(bar)
        for style, run in groupby(drawn, key=lambda cell: cell[1]):
            yield Piece("".join(character for character, _ in run), style)

    def _beside(self, value: float | None, band: BandView, row: int, height: int) -> tuple[str, Style]:
        """Draw a cell of a bar, or of what is usual where the bar does not reach."""
        low, high = self._row_of(band.low, height), self._row_of(band.high, height)
        steps = 0 if value is None else self._steps(value, height) - 8 * row
        if value is not None and steps > 0:
            style = Style.OVER if value > band.high and row >= high else Style.CHART
            return self._page.blocks[min(steps, 8) - 1], style
        if row in (low, high):
            return self._strokes.edge, Style.LIMIT
        if low < row < high:
            return self._strokes.usual, Style.QUIET
        return (" " if value is not None else self._page.shade), Style.QUIET

    def _lines(self, height: int) -> dict[int, Stroke]:
        """Return the rows that a line is drawn through."""
        rows: dict[int, Stroke] = {}
        if self._chart.band:
            return rows
        baseline, limit = self._marks.baseline, self._marks.limit
        if baseline is not None:
            rows[self._row_of(baseline, height)] = Stroke(self._strokes.baseline, "", Style.QUIET, baseline)
        if limit is not None:
            row = self._row_of(limit, height)
            character = self._strokes.both if row in rows else self._strokes.limit
            rows[row] = Stroke(character, character, Style.LIMIT, limit)
        return rows

    def _row_of(self, value: float, height: int) -> int:
        return min(height - 1, max(0, self._steps(value, height) - 1) // 8)

    def _steps(self, value: float, height: int) -> int:
        """Convert a value to eighths of a row; a value above zero is never invisible."""
        return max(1, round(8 * height * value / self._top)) if value > 0 else 0

    def _between(self, start: float, end: float) -> tuple[int, int]:
        """Return the columns of a span of time."""
        width, count = self._chart.width, len(self._values)
        if width <= 0:
            return 0, 0
        first, last = (self._column((moment - self._chart.start) / width) for moment in (start, end))
        if last < self._before or first >= count:
            return 0, 0
        return max(self._before, first), min(count, max(last, first + 1))

    def _column(self, slices: float) -> int:
        group, repeat, first = self._columns
        if group == 1:
            return self._before + floor(slices * repeat)
        return self._before + floor((slices + first % group) / group)

    def _write_times(self, axis: list[str]) -> None:
        span = self._chart.width * len(self._chart.rates)
        digits = 8 if span <= SHORT else 5
        columns = len(axis) - self._before
        for share in (0.0, 0.5, 1.0) if columns >= 40 else (0.0, 1.0):
            text = self._moment(self._chart.start + share * span)[:digits]
            place = self._before + round(share * (columns - len(text)))
            if columns >= 2 * len(text) + 4:
                axis[place : place + len(text)] = list(text)

    def _moment(self, time: float) -> str:
        return figures.moment(time, self._page.zone)


def _widest(bands: Sequence[BandView | None]) -> BandView | None:
    """Return what is usual in some slices together; None if it is unknown in all."""
    known = [band for band in bands if band is not None]
    if not known:
        return None
    return BandView(known[-1].expected, min(band.low for band in known), max(band.high for band in known))


def _highest(values: Sequence[float | None]) -> float | None:
    """Return the highest rate; None if nobody watched."""
    return max((value for value in values if value is not None), default=None)


NAMES = {"(no response)": "no answer", "(not seen)": "not seen"}
NARROW = 5
"""Fewest columns that make a chart."""


def class_lines(chart: Chart | None, page: Page) -> list[Line]:
    """Draw a heading, then a line for each class that occurred. Each has its own scale, so that a rise of few errors
    shows beside thousands of successes; the share says how many they are.
    """
    lines: list[Line] = [(Piece("Status classes", Style.HEADING), Piece("  scales differ", Style.QUIET))]
    if chart is None or not any(sum(counts) for _, counts in chart.classes):
        return [*lines, (Piece("no exchange in this window", Style.QUIET),)]
    whole = sum(sum(counts) for _, counts in chart.classes)
    lines += [_line(name, counts, chart, page, whole) for name, counts in chart.classes]
    return lines[: page.height]


def _line(name: str, counts: tuple[int, ...], chart: Chart, page: Page, whole: int) -> Line:
    total = sum(counts)
    share = figures.percent(total, whole) if total else figures.NOTHING
    shown = NAMES.get(name) or page.text(name, 9)
    values = _columns(chart, counts, page)
    highest = max(values, default=0)
    watched = ChartColumns.of(chart, _room(page)).spread(chart.rates, _highest)
    blocks = "".join(
        page.shade if rate is None else _block(value, highest, page)
        for value, rate in zip_longest(values, watched, fillvalue=0)
    )
    style = STYLES.get(name, Style.PLAIN) if total else Style.QUIET
    return (
        Piece(f"{shown:<10}", style),
        Piece(f"{blocks:>{_room(page)}}", Style.CHART),
        Piece(f"{share:>8}", Style.PLAIN if total else Style.QUIET),
    )


def _columns(chart: Chart, counts: tuple[int, ...], page: Page) -> list[int]:
    return ChartColumns.of(chart, _room(page)).spread(counts, sum)


def _room(page: Page) -> int:
    return max(NARROW, page.width - 18)


def _block(value: int, highest: int, page: Page) -> str:
    """Draw a space for zero and a block for anything else, so that one error shows."""
    if value <= 0:
        return " "
    return page.blocks[min(7, round(7 * value / highest))] if highest else page.blocks[0]
