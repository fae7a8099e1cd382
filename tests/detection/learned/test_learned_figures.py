"""Thresholds and figures, worked out by hand."""

import numpy as np
import pytest

from detection.learned.figures import Hits, area, hits, threshold_for

SCORES = np.array([0.1, 0.2, 0.3, 0.8, 0.4, 0.7, 0.9, 0.95])
BAD = np.array([False] * 4 + [True] * 4)


def test_what_is_above_a_threshold() -> None:
    found = hits(SCORES, BAD, 0.7)
    assert found == Hits(found=3, bad=4, false=1, good=4)
    assert (found.precision, found.recall, found.false_alarms) == (0.75, 0.75, 0.25)
    assert np.isnan(hits(SCORES, BAD, 2.0).precision)


@pytest.mark.parametrize(
    ("share", "threshold", "false"), [(0.0, 0.85, 0), (0.24, 0.85, 0), (0.25, 0.35, 1), (1.0, 0.35, 1)]
)
def test_the_threshold_finds_most_with_no_more_false_alarms_than_asked(
    share: float, threshold: float, false: int
) -> None:
    assert threshold_for(SCORES, BAD, share) == pytest.approx(threshold)
    assert hits(SCORES, BAD, threshold).false == false


def test_without_a_score_above_all_good_ones_nothing_is_found() -> None:
    scores = np.array([0.9, 0.5, 0.4])
    marks = np.array([False, True, True])
    assert hits(scores, marks, threshold_for(scores, marks, 0.0)) == Hits(0, 2, 0, 1)


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    pairs = [(good, bad) for good in SCORES[~BAD] for bad in SCORES[BAD]]
    assert area(SCORES, BAD) == sum(bad > good for good, bad in pairs) / len(pairs)
    assert area(np.zeros(8), BAD) == 0.5
