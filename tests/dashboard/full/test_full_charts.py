"""Charts of the full screen: as lines of text, drawn from numbers alone."""

from datetime import timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.full.chart import ChartColumns, Marks, chart_lines, class_lines, top_of_scale
from dashboard.full.detail_lines import histogram_lines
from view.cells import cells
from view.detail import Bar
from view.page import Line, Page, Style
from view.panel import BandView, Chart, ResponseTimes
from view.view import AlertView

START = 1_795_366_800.0
"""17:00:00 UTC, a multiple of all widths used here."""


def page(width: int, height: int, ascii_only: bool = False) -> Page:
    return Page(width, height, ascii_only, timezone.utc)


def texts(lines: list[Line]) -> list[str]:
    return ["".join(piece.text for piece in line).rstrip() for line in lines]


def alert(start: float, end: float | None) -> AlertView:
    return AlertView(30, 30, start, end, 10, 10, 11, bucket_size=20)


def drawn(width: int, height: int, ascii_only: bool = False) -> list[str]:
    chart = Chart(START, 10, (10,) * 12 + (30,) * 4 + (10,) * 14)
    marks = Marks(10, 20, [alert(START + 140, START + 180)], START + 300, 10)
    return texts(chart_lines(chart, marks, page(width, height, ascii_only)))


def test_a_chart() -> None:
    assert drawn(37, 9) == [
        "Requests/s  now 10  peak 30",
        "   30 │            ████",
        "      │            ████",
        "   20 │──────────────────────────────",
        "      │            ████",
        "   10 │██████████████████████████████",
        "      │██████████████████████████████",
        "    0 └17:00:00──────────────17:05:00",
        "alert              !!!!",
    ]


def test_what_is_usual_is_drawn_in_place_of_one_baseline() -> None:
    band = (BandView(15, 10, 20),) * 10 + (BandView(25, 20, 30),) * 10
    chart = Chart(START, 10, (15,) * 8 + (40,) * 2 + (25,) * 5 + (5,) * 5, band=band)
    marks = Marks(15, 20, now=START + 200, rate=5)
    assert texts(chart_lines(chart, marks, page(48, 11))[:1]) == ["Requests/s  now 5.0  peak 40  ╌╌ usual 20 to 30"]
    assert texts(chart_lines(chart, marks, page(28, 11))[1:-1]) == [
        "   40 │         ██",
        "      │         ██",
        "      │         ██╌╌╌╌╌╌╌╌╌╌",
        "      │         ██▅▅▅▅▅·····",
        "      │ ╌╌╌╌╌╌╌╌███████╌╌╌╌╌",
        "      │ ▃▃▃▃▃▃▃▃███████",
        "      │ ███████████████",
        "      │ ███████████████▁▁▁▁▁",
        "      │ ████████████████████",
    ]


def test_a_rate_above_what_is_usual_stands_out() -> None:
    chart = Chart(START, 10, (15,) * 12 + (40,) * 8, band=(BandView(15, 10, 20),) * 20)
    over = [
        piece.text
        for line in chart_lines(chart, Marks(15, 20, rate=5), page(28, 11))
        for piece in line
        if piece.style is Style.OVER
    ]
    assert over == ["█" * 8] * 5


def test_an_active_alert_leaves_the_times_alone() -> None:
    chart = Chart(START, 10, (10,) * 30)
    lines = texts(chart_lines(chart, Marks(alerts=[alert(START + 240, None)], now=START + 300), page(37, 7)))
    assert lines[-2:] == ["    0 └17:00:00──────────────17:05:00", "alert" + " " * 24 + "!!!!!!!!"]


def test_in_a_small_chart_the_marks_of_an_alert_share_the_axis_with_the_times() -> None:
    chart = Chart(START, 10, (10,) * 30)
    lines = chart_lines(chart, Marks(alerts=[alert(START + 200, None)], now=START + 300), page(37, 6))
    assert texts(lines)[-1] == "    0 └17:00:00──────────!!!!17:05:00"
    assert [piece.text for piece in lines[-1] if piece.style is Style.ALARM] == ["!!!!17:05:00"]


def test_a_time_that_nobody_watched_is_shaded_and_is_no_zero() -> None:
    chart = Chart(START, 10, (10,) * 3 + (None,) * 4 + (0,) * 3, (("2xx", (10, 10, 10, 0, 0, 0, 0, 0, 0, 0)),))
    assert texts(chart_lines(chart, Marks(), page(17, 4))) == [
        "Requests/s",
        "   10 │███░░░░",
        "      │███░░░░",
        "    0 └──────────",
    ]
    assert texts(class_lines(chart, page(28, 6)))[1] == "2xx       ███░░░░    100.0 %"


def test_now_is_the_rate_of_the_last_bucket_even_if_slices_are_longer() -> None:
    chart = Chart(START, 360, (10,) * 20)
    assert texts(chart_lines(chart, Marks(rate=3), page(40, 6)))[0] == "Requests/s  now 3.0  peak 10"


def test_the_same_in_ascii() -> None:
    lines = drawn(37, 9, ascii_only=True)
    assert all(line.isascii() for line in lines)
    assert lines[3] == "   20 |" + "-" * 30
    assert lines[5] == "   10 |" + "#" * 30


def test_above_the_limit_bars_have_another_style() -> None:
    chart = Chart(START, 10, (10, 30))
    lines = chart_lines(chart, Marks(None, 20), page(9, 8))
    styles = {piece.style for line in lines[1:3] for piece in line if "█" in piece.text}
    assert styles == {Style.OVER}
    assert {piece.style for piece in lines[6] if "█" in piece.text} == {Style.CHART}


def test_the_latest_is_at_the_right_edge() -> None:
    lines = texts(chart_lines(Chart(START, 10, (1.0, 2.0)), Marks(), page(30, 5)))
    assert all(line.endswith("█") for line in lines[1:3])


def test_what_is_not_zero_shows() -> None:
    lines = texts(chart_lines(Chart(START, 10, (0.0, 0.001, 1000.0)), Marks(), page(10, 5)))
    assert lines[3] == "      │ ▁█"


def test_nothing_yet() -> None:
    assert texts(chart_lines(None, Marks(), page(40, 6))) == ["Requests/s   nothing yet"]


@given(
    st.lists(st.floats(0, 1e9), min_size=1, max_size=300),
    st.integers(24, 250),
    st.integers(1, 20),
    st.floats(0, 1e6),
    st.sampled_from([1.0, 10.0, 360.0]),
)
def test_no_chart_is_wider_or_higher_than_its_page(
    rates: list[float], width: int, height: int, limit: float, slice_: float
) -> None:
    chart = Chart(START + 7 * slice_, slice_, tuple(rates))
    marks = Marks(limit / 2, limit, [alert(START, None), alert(START - 1e6, START + 50)], START + 1e5)
    lines = chart_lines(chart, marks, page(width, height))
    assert len(lines) <= max(height, 1)
    assert all(cells(text) <= width for text in texts(lines))


@given(st.integers(1, 240), st.integers(2, 200), st.integers(0, 10**6))
def test_every_slice_has_a_column_and_every_column_fits(slices: int, room: int, first: int) -> None:
    chart = Chart(first * 10.0, 10.0, tuple(float(number) for number in range(slices)))
    spread = ChartColumns.of(chart, room).spread(chart.known, max)
    assert len(spread) <= room
    assert spread[-1] == chart.rates[-1]
    assert set(spread) <= set(chart.rates)


def test_neighbours_stay_together_while_the_window_moves_on() -> None:
    """A chart that moves by a slice must not flicker: columns are made of the same slices as before."""
    counts = [number % 7 for number in range(100)]
    before = ChartColumns.of(Chart(0, 10, tuple(map(float, counts[:90]))), 20).spread(counts[:90], sum)
    after = ChartColumns.of(Chart(10, 10, tuple(map(float, counts[1:91]))), 20).spread(counts[1:91], sum)
    assert before[1:-1] == after[1 : len(before) - 1]


@pytest.mark.parametrize(("highest", "top"), [(0, 1), (1, 1), (1.01, 1.2), (9, 10), (101, 120), (0.07, 0.08)])
def test_a_scale_ends_with_a_round_number(highest: float, top: float) -> None:
    assert top_of_scale(highest) == pytest.approx(top)


def test_each_class_has_its_own_scale_so_that_a_rise_of_few_errors_shows() -> None:
    classes = (("2xx", (4000, 2000, 4000, 4000)), ("5xx", (0, 1, 4, 0)), ("(no response)", (0, 0, 0, 0)))
    chart = Chart(START, 10, (1.0,) * 4, classes)
    assert texts(class_lines(chart, page(26, 6))) == [
        "Status classes  scales differ",
        "2xx       ██▅▅████ 100.0 %",
        "5xx         ▃▃██    <0.1 %",
        "no answer                -",
    ]


def test_a_histogram_names_the_bars_of_its_percentiles() -> None:
    bars = (Bar(0.001, 0.002, 80), Bar(0.002, 0.005, 15), Bar(0.005, 0.01, 0), Bar(0.01, 0.02, 5))
    times = ResponseTimes(0.003, 0.0015, 0.004, 0.015, 0.019, 0.02)
    assert texts(histogram_lines(bars, times, page(60, 6))) == [
        "Response times",
        "1 ms - 2 ms      ████████████████████       80 ◂ p50",
        "2 ms - 5 ms      ███▊                       15 ◂ p90",
        "5 ms - 10 ms                                 0",
        "10 ms - 20 ms    █▎                          5 ◂ p99",
    ]


def test_bars_are_joined_where_there_are_more_than_lines() -> None:
    bars = tuple(Bar(0.001 * 2**number, 0.002 * 2**number, 10) for number in range(9))
    lines = histogram_lines(bars, ResponseTimes(0.1, 0.1, 0.1, 0.1, 0.1, 0.1), page(60, 4))
    assert len(lines) <= 4
    assert sum(int(text.split("◂")[0].split()[-1]) for text in texts(lines[1:])) == 90
