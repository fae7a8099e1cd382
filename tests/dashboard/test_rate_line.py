from dashboard.rate_line import sparkline
from view.page import ASCII_BLOCKS, BLOCKS


def test_the_highest_block_is_the_highest_rate() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], BLOCKS) == BLOCKS
    assert sparkline([0, 50, 100], ASCII_BLOCKS) == "_=#"


def test_only_zero_has_the_lowest_block() -> None:
    assert sparkline([0, 0.1, 1000], BLOCKS) == "▁▂█"
    assert sparkline([0, 0], BLOCKS) == "▁▁"
    assert sparkline([], BLOCKS) == ""
