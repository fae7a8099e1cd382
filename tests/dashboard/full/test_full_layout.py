"""How the screen is shared out, and the lines above and below the tables."""

from dataclasses import replace
from itertools import pairwise

import pytest
from full_desk import burst
from hypothesis import given
from hypothesis import strategies as st

from dashboard.full.keys import MAIN, footer
from dashboard.full.layout import Layout, arrange, first_shown, too_small
from dashboard.full.paint import ScreenPage
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


@pytest.mark.parametrize(
    ("size", "layout"),
    [((80, 24), (1, 1)), ((100, 30), (1, 2)), ((120, 40), (1, 3)), ((200, 60), (2, 5)), ((250, 60), (3, 4))],
)
def test_larger_screens_show_more_tables(size: tuple[int, int], layout: tuple[int, int]) -> None:
    shared = arrange(*size, used=6, panels=10)
    assert (shared.abreast, shared.ranks) == layout


@given(st.integers(60, 400), st.integers(18, 150), st.integers(4, 11), st.integers(1, 30))
def test_everything_fits(columns: int, lines: int, used: int, panels: int) -> None:
    shared = arrange(columns, lines, used, panels)
    assert shared.chart >= 5
    assert shared.classes < columns / 2 + 1
    assert shared.ranks == 1 or shared.chart + 8 * shared.ranks + used <= lines
    assert shared.abreast * 60 <= columns


@given(st.integers(0, 19), st.integers(0, 19), st.integers(1, 3), st.integers(1, 6))
def test_the_panel_in_focus_is_on_the_screen(focus: int, first: int, abreast: int, ranks: int) -> None:
    start = first_shown(focus, first, Layout(5, 30, abreast, ranks), 20)
    assert start % abreast == 0
    assert start <= focus < start + abreast * ranks


def test_a_panel_that_is_seen_moves_nothing() -> None:
    layout = Layout(5, 30, 1, 3)
    assert [first_shown(focus, 4, layout, 10) for focus in (4, 5, 6)] == [4, 4, 4]
    assert first_shown(7, 4, layout, 10) == 5
    assert first_shown(3, 4, layout, 10) == 3


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


def test_an_active_alert_is_a_banner_with_its_explanation(view: View) -> None:
    lines = texts(banner_lines(view, ScreenPage(198)))
    assert lines[0].startswith(" Active alert  High traffic generated an alert - hits = 7")
    assert len(texts(banner_lines(view, ScreenPage(78)))) == 2, "wrapped, and cut where it is longer"


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
