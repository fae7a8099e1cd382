from dataclasses import replace

import pytest
from view_samples import CALM, PANELS, panel, row

from dashboard.console import render
from dashboard.grid import share_out
from dashboard.panel_lines import columns, natural_height, panel_lines, trimmed
from stats.statistic import SECONDS
from view.page import Page
from view.panel import ResponseTimes


@pytest.mark.parametrize(
    ("wanted", "lines", "given"),
    [
        ([10, 3], 20, [10, 3]),
        ([10, 3], 10, [7, 3]),
        ([10, 10, 3], 12, [5, 4, 3]),
        ([10, 10, 3], 3, [1, 1, 1]),
        ([10, 10, 3], -5, [1, 1, 1]),
    ],
)
def test_the_greediest_give_way_first(wanted: list[int], lines: int, given: list[int]) -> None:
    assert share_out(wanted, lines) == given


@pytest.mark.parametrize("height", [None, 14])
def test_panels_of_traffic_that_was_not_seen_are_not_drawn(height: int | None) -> None:
    hidden = replace(panel("Very long title of operations", row("shop.Cart/Add", 5, 50)), seen=False)
    mixed = replace(CALM, panels=(hidden, *PANELS, hidden))
    assert render(mixed, 100, colour=False, height=height) == render(
        replace(CALM, panels=PANELS), 100, colour=False, height=height
    )
    assert render(replace(CALM, panels=(hidden,)), 100, colour=False) == render(
        replace(CALM, panels=()), 100, colour=False
    )


def test_rows_that_do_not_fit_are_counted_as_other_so_totals_stay_exact() -> None:
    full = panel("Hits", row("a", 5, 50), row("b", 4, 40), row("c", 3, 30), other=row("(other)", 2, 20))
    short = trimmed(full, 2)
    assert short.rows == full.rows[:1]
    assert short.other == row("(other)", 9, 90)
    assert trimmed(full, 4) == full


def test_percentiles_of_rows_that_share_a_line_are_not_made_up() -> None:
    slow, fast = ResponseTimes(1.0, 1.0, 1.0, 1.0, 1.0, 1.0), ResponseTimes(0.1, 0.1, 0.1, 0.1, 0.1, 0.1)
    full = panel("Times", row("a", 9, 90), row("b", 4, 40, 1, slow), row("c", 3, 30, 1, fast), unit=SECONDS)
    both, one = (
        trimmed(full, 2),
        trimmed(panel("Times", row("a", 9, 90), row("b", 4, 40, 1, slow), unit=SECONDS), 1),
    )
    assert both.other.window.times is None
    assert (one.rows, one.other) == (full.rows[:1], row("(other)", 4, 40, 1, slow))


def errors(text: str, *shares: tuple[int, int]) -> list[str]:
    """Draw rows of 100 hits, each with so many 4xx and 5xx; return what stands beside their keys."""
    rows = [row(f"key{place}", 1, 100) for place in range(len(shares))]
    failed = [
        replace(each, window=replace(each.window, client_errors=client, server_errors=server))
        for each, (client, server) in zip(rows, shares, strict=True)
    ]
    shown = panel("Hits", *failed)
    lines = panel_lines(shown, columns([shown], {"narrow": 50, "wide": 90}[text], (10, 86400)), Page(100), len(rows))
    return ["".join(piece.text for piece in line).split("key")[1][1:-18].strip() for line in lines[1:]]


def test_errors_stand_beside_the_keys_if_there_is_room_and_they_differ() -> None:
    assert errors("wide", (1, 20), (0, 0)) == ["4xx 1.0 %   5xx 20.0 %", ""]
    assert errors("narrow", (1, 20), (0, 0)) == ["", ""]
    assert errors("wide", (0, 100), (0, 0)) == ["", ""], "a list of status codes says it already"


def test_rows_that_are_joined_add_up_their_errors() -> None:
    failed = [
        replace(each, window=replace(each.window, server_errors=2)) for each in (row("a", 5, 50), row("b", 4, 40))
    ]
    assert trimmed(panel("Hits", *failed, row("c", 1, 1)), 2).other.window.server_errors == 2


def test_a_panel_wants_a_line_for_each_row_and_for_the_rest_if_there_is_any() -> None:
    assert [natural_height(shown) for shown in PANELS] == [4, 2, 1, 2, 1]
