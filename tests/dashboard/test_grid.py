import pytest
from view_samples import PANELS, panel, row

from dashboard.grid import share_out
from dashboard.panel_lines import natural_height, trimmed
from stats.statistic import SECONDS
from view.view import ResponseTimes


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


def test_a_panel_wants_a_line_for_each_row_and_for_the_rest_if_there_is_any() -> None:
    assert [natural_height(shown) for shown in PANELS] == [4, 2, 1, 2, 1]
