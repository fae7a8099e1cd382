from datetime import timezone

from dashboard.rate_line import sparkline
from view.page import BLOCKS, Page

PAGE, ASCII = Page(80, None, False, timezone.utc), Page(80, None, True, timezone.utc)


def test_the_highest_block_is_the_highest_rate() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], PAGE) == BLOCKS
    assert sparkline([0, 50, 100], ASCII) == "_=#"


def test_only_zero_has_the_lowest_block() -> None:
    assert sparkline([0, 0.1, 1000], PAGE) == "▁▂█"
    assert sparkline([0, 0], PAGE) == "▁▁"
    assert sparkline([], PAGE) == ""


def test_a_time_that_nobody_watched_is_shaded() -> None:
    assert sparkline([7, None, 0], PAGE) == "█░▁"
    assert sparkline([7, None, 0], ASCII) == "#/_"
