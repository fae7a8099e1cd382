"""How far a file is read, in words that fit."""

import pytest

from dashboard.progress import Progress, progress_line

HALF = Progress(140_000_000, 280_000_000, 420_000, 2.0)
PIPE = Progress(140_000_000, None, 420_000, 2.0)


def test_the_line_has_a_bar_the_rate_and_the_time_left() -> None:
    assert progress_line(HALF, 100) == "[##########..........]  50 %   210,000 packets/s   2 s left   140 MB of 280 MB"


def test_of_a_pipe_nobody_knows_the_end() -> None:
    assert (PIPE.share, PIPE.left) == (None, None)
    assert progress_line(PIPE, 100) == "210,000 packets/s   140 MB"


@pytest.mark.parametrize("progress", [HALF, PIPE, Progress(0, 0, 0, 0.0), Progress(10**18, 10**18, 10**12, 1e9)])
def test_it_fits(progress: Progress) -> None:
    assert [width for width in range(120) if len(progress_line(progress, width)) > width] == []


def test_the_share_is_the_last_to_go() -> None:
    assert progress_line(HALF, 5) == " 50 %"
    assert progress_line(HALF, 30) == " 50 %   210,000 packets/s"


def test_no_time_left_is_told_before_it_means_something() -> None:
    assert Progress(1000, 10**9, 10, 0.1).left is None
    assert Progress(0, 10**9, 0, 5.0).left is None


def test_an_empty_file_is_read_and_one_that_grew_is_not_read_to_more_than_its_end() -> None:
    assert Progress(0, 0, 0, 0.0).share == 1.0
    grown = Progress(200, 100, 5, 2.0)
    assert (grown.share, grown.left) == (1.0, 0.0)
