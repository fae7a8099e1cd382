"""The line of the history: now beside the same time before, and the busiest times."""

from dataclasses import replace
from datetime import timezone

import pytest
from view_samples import CALM, NOW

from dashboard.console import render
from dashboard.past_line import past
from view.page import Page
from view.view import HistoryView, PeriodView

HOUR, DAY = PeriodView(NOW - 4 * 86400 - 250, 12_345), PeriodView(NOW - 4 * 86400 - 61_450, 120_111)
WEEK, MONTH = PeriodView(NOW - 6 * 86400 - 61_450, 654_321), PeriodView(NOW - 21 * 86400 - 61_450, 2_345_678)
HISTORY = HistoryView(12.5, 26.34, HOUR, DAY, WEEK, MONTH)
NOTHING = HistoryView(None, None, None, None, None, None)


def text(history: HistoryView | None, width: int) -> str:
    view = replace(CALM, history=history)
    return "\n".join("".join(piece.text for piece in line) for line in past(view, Page(width, zone=timezone.utc)))


def test_all_of_it_where_there_is_room() -> None:
    assert text(HISTORY, 250) == (
        "History   this time yesterday 12 /s, today +21 %   last week 26 /s, today -43 %"
        "   busiest hour Wed 2026-11-18 17:00 12,345   busiest day Wed 2026-11-18 120,111"
        "   busiest week from 2026-11-16 654,321   busiest month 2026-11 2,345,678"
    )


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (80, "History   this time yesterday 12 /s, today +21 %   last week 26 /s, today -43 %"),
        (60, "History   this time yesterday 12 /s, today +21 %"),
    ],
)
def test_one_line_of_what_fits(width: int, told: str) -> None:
    assert text(HISTORY, width) == told


def test_what_is_not_known_is_not_said() -> None:
    assert text(HistoryView(None, 26.34, HOUR, None, None, None), 100) == (
        "History   last week 26 /s, today -43 %   busiest hour Wed 2026-11-18 17:00 12,345"
    )
    assert text(NOTHING, 100) == text(None, 100) == ""


def test_it_stands_under_the_request_rate_of_the_console() -> None:
    lines = render(replace(CALM, history=HISTORY), 100, colour=False, zone=timezone.utc).split("\n")
    [place] = [number for number, line in enumerate(lines) if line.startswith(" History")]
    assert lines[place - 1].startswith(" Request rate")
    assert " History" not in render(replace(CALM, history=NOTHING), 100, colour=False)
