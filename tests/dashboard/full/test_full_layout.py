"""How the screen is shared out, and the lines above and below the tables."""

from dataclasses import replace
from itertools import pairwise

import pytest
from full_desk import burst
from hypothesis import given
from hypothesis import strategies as st

from dashboard.full.keys import MAIN, footer
from dashboard.full.layout import Layout, Place, arrange, first_shown, places, too_small
from dashboard.full.paint import ScreenPage
from dashboard.full.panel_board import hidden_line
from dashboard.full.status_lines import banner_lines, glance_lines, health_lines, title_line
from view.page import Line, Piece, width
from view.view import View

WINDOWS = (10, 120, 3600, 86400)


def texts(lines: list[Line]) -> list[str]:
    return ["".join(piece.text for piece in line).rstrip() for line in lines]


@pytest.fixture(scope="module")
def view() -> View:
    shown = burst().view(3600, 10)
    assert shown is not None
    return shown


SIZES = st.builds(
    arrange, st.integers(60, 400), st.integers(18, 150), st.integers(4, 11), st.just(0), st.integers(1, 30)
)
WANTED = st.lists(st.integers(2, 1000), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("size", "columns", "tables"),
    [((80, 24), 1, 1), ((100, 30), 1, 2), ((120, 40), 1, 3), ((200, 60), 2, 10), ((250, 60), 3, 15)],
)
def test_larger_screens_show_more_tables(size: tuple[int, int], columns: int, tables: int) -> None:
    shared = arrange(*size, used=6, banner=0, tables=20)
    assert (shared.abreast, len(places([17] * 20, 0, shared))) == (columns, tables)


@given(st.integers(60, 400), st.integers(18, 150), st.integers(4, 9), st.integers(0, 2))
def test_everything_fits(columns: int, lines: int, used: int, banner: int) -> None:
    shared = arrange(columns, lines, used, banner, 20)
    assert shared.chart >= 5
    assert shared.classes < columns / 2 + 1
    assert shared.lines == 1 or used + banner + shared.chart + shared.lines <= lines
    assert shared.abreast * 60 <= columns


@given(st.integers(60, 400), st.integers(18, 150))
def test_an_alert_moves_no_table(columns: int, lines: int) -> None:
    calm, alert = arrange(columns, lines, 6, 0, 20), arrange(columns, lines, 6, 2, 20)
    assert (alert.lines, alert.abreast) == (calm.lines, calm.abreast)
    assert alert.chart == calm.chart - 2, "the banner takes its lines from the chart"


def test_rows_follow_content() -> None:
    shared = Layout(5, 30, 1, 24)
    assert places([20, 4, 4], 0, shared) == [Place(0, 0, 16), Place(0, 16, 4), Place(0, 20, 4)]
    assert places([20, 4, 4, 6, 5], 0, shared) == [Place(0, 0, 10), Place(0, 10, 4), Place(0, 14, 4), Place(0, 18, 6)]
    assert places([20, 30], 0, shared) == [Place(0, 0, 12), Place(0, 12, 12)]
    assert places([30, 4], 0, shared) == [Place(0, 0, 20), Place(0, 20, 4)], (
        "more than usual where nobody else needs it"
    )


def test_a_table_goes_below_the_shortest_column() -> None:
    shared = Layout(5, 30, 2, 20)
    assert places([9, 4, 4, 5], 0, shared) == [Place(0, 0, 9), Place(1, 0, 4), Place(1, 4, 16), Place(0, 9, 11)]


@given(WANTED, SIZES)
def test_no_two_tables_overlap_and_all_are_on_the_screen(wanted: list[int], shared: Layout) -> None:
    taken = [
        (place.column, line)
        for place in places(wanted, 0, shared)
        for line in range(place.top, place.top + place.height)
    ]
    assert len(set(taken)) == len(taken)
    assert all(column < shared.abreast and line < max(shared.lines, 1) for column, line in taken)


@given(WANTED, SIZES, st.data())
def test_the_table_in_focus_is_on_the_screen(wanted: list[int], shared: Layout, data: st.DataObject) -> None:
    focus, first = (data.draw(st.integers(0, len(wanted) - 1)) for _ in range(2))
    start = first_shown(focus, first, wanted, shared)
    assert start <= focus < start + len(places(wanted, start, shared))


def test_a_table_that_is_seen_moves_nothing() -> None:
    shared, wanted = Layout(5, 30, 1, 24), [20] * 10
    assert [first_shown(focus, 4, wanted, shared) for focus in (4, 5, 6)] == [4, 4, 4]
    assert first_shown(7, 4, wanted, shared) == 5
    assert first_shown(3, 4, wanted, shared) == 3


def test_no_room_is_left_below_the_last_table() -> None:
    assert first_shown(9, 9, [20] * 10, Layout(5, 30, 1, 24)) == 7


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (50, "Not shown  2: domains  3: status codes  and 2 more"),
        (80, "Not shown  2: domains  3: status codes  e: exchanges  a: alerts"),
        (10, "Not shown"),
    ],
)
def test_tables_that_do_not_fit_are_named(columns: int, line: str) -> None:
    names = [("2", "domains"), ("3", "status codes"), ("e", "exchanges"), ("a", "alerts")]
    (text,) = texts([hidden_line(names, False, ScreenPage(columns))])
    assert text == line


def test_a_table_without_a_key_is_named_all_the_same() -> None:
    (text,) = texts([hidden_line([("9", "paths"), ("", "domains")], False, ScreenPage(80))])
    assert text == "Not shown  9: paths  domains"


def test_it_is_said_when_there_is_too_little_room() -> None:
    assert not too_small(80, 24)
    assert too_small(59, 24)
    assert too_small(80, 17)


@pytest.mark.parametrize("columns", [58, 78, 118, 198])
def test_the_top_fits(view: View, columns: int) -> None:
    page = ScreenPage(columns)
    lines = [title_line(view, WINDOWS, True, page), *banner_lines(view, page), *glance_lines(view, page)]
    assert all(width(line) <= columns for line in lines)
    assert "PAUSED" in texts(lines)[0]
    assert "[1 h]" in texts(lines)[0]


def test_what_is_hot_and_what_is_slow(view: View) -> None:
    (line,) = texts(glance_lines(view, ScreenPage(198)))
    assert "Busy  shop.example.com/products  41." in line
    assert "Slow  shop.example.com/reports  p95 2.35 s" in line


def test_the_worst_finding_is_named_wherever_its_panel_is(view: View) -> None:
    assert "Found" not in " ".join(texts(glance_lines(view, ScreenPage(118))))
    panel = view.panels[0]
    counts = {"path_scan (medium)": 2, "evasion/bare-lf (low)": 5, "data_leak/github_token (high)": 1}
    window = panel.rows[0].window
    rows = tuple(replace(panel.rows[0], key=key, window=replace(window, count=n)) for key, n in counts.items())
    found = replace(panel, name="top_findings", rows=rows, whole=replace(panel.whole, count=8))
    lines = texts(glance_lines(replace(view, panels=(*view.panels, found)), ScreenPage(118)))
    assert len(lines) == 2
    assert lines[1].endswith("Found  data_leak/github_token (high)  1 of 8")


def test_an_active_alert_is_a_banner_with_its_explanation(view: View) -> None:
    lines = texts(banner_lines(view, ScreenPage(198)))
    assert lines[0].startswith(" Active alert  High traffic generated an alert - hits = 7")


def test_a_banner_that_is_cut_loses_its_end_and_not_the_cause(view: View) -> None:
    told = "of the excess: section shop.example.com/products 40.9 %, client 10.0.0.1 14.8 %"
    before = view.alerts[0].explanation.partition("; of the excess")[0]
    alert = replace(view.alerts[0], explanation=f"{before}; {told}")
    assert texts(banner_lines(replace(view, alerts=(alert,)), ScreenPage(78))) == [
        " Active alert  High traffic generated an alert - hits = 732, triggered at",
        " 17:08:00 2026-11-22; of the excess: section shop.example.com/products 40.9 %…",
    ]


def test_of_many_alerts_the_first_is_shown_and_the_others_are_counted(view: View) -> None:
    crowd = replace(view, alerts=view.alerts * 3)
    assert texts(banner_lines(crowd, ScreenPage(78)))[1] == " and 2 more active alerts"


def test_a_dismissal_is_told(view: View) -> None:
    signals = tuple(replace(signal, state="DISMISSED") for signal in view.signals)
    calm = replace(view, alerts=(), signals=signals, state="DISMISSED", dismissed_at=view.now)
    assert texts(banner_lines(calm, ScreenPage(98))) == ["Alert dismissed  Back within limits: Request rate"]


def test_the_line_of_health_is_at_most_two_lines_and_warnings(view: View) -> None:
    trouble = replace(
        view.health,
        dropped=12345,
        gaps=17,
        missing_bytes=10**9,
        unpaired_responses=100,
        unreadable=(("TLS", 1200), ("HTTP/2", 30), ("WebSocket", 5)),
        oddities=(("bare CR", 3), ("bad chunk size", 9)),
        warnings=("eth0 is down, waiting for it",),
    )
    lines = texts(health_lines(replace(view, health=trouble), ["one", "two"], ScreenPage(78)))
    assert len(lines) == 4
    assert "dropped 12,345" in lines[0]
    assert lines[2:] == ["! one", "! two  and 1 more"]


def test_the_first_items_matter_most() -> None:
    items: list[Line] = [(Piece("one"),), (Piece("two"),), (Piece("three"),)]
    assert texts([ScreenPage(10).fit(items, 2)]) == ["one  two"]


@given(st.integers(20, 200))
def test_the_footer_shows_as_many_keys_as_fit(columns: int) -> None:
    line, places = footer(MAIN, ScreenPage(columns))
    assert width(line) - 1 <= columns
    assert [place.key for place in places][:2] == ["q", "question_mark"]
    assert all(one.end == two.start for one, two in pairwise(places))
