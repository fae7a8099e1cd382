"""Spans of time that somebody watched: of earlier runs, in any order, and of the current run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.watched import Watched


def watched(*earlier: tuple[float, float], begun: float = 1000, now: float = 1000) -> Watched:
    """Earlier runs, and one since `begun`."""
    found = Watched()
    for start, end in earlier:
        found.add(start, end)
    found.begin(begun)
    found.advance(now)
    return found


def test_only_the_watched_part_of_a_span_counts() -> None:
    both = watched((100, 160), (200, 230), begun=300, now=340)
    assert both.seconds(0, 1000) == 60 + 30 + 40
    assert both.seconds(150, 210) == 20
    assert both.seconds(160, 200) == 0
    assert both.seconds(290, 310) == 10


def test_the_current_run_is_not_counted_twice() -> None:
    assert watched((960, 1060), begun=1000, now=1020).seconds(960, 1020) == 60


def test_the_earliest_span_says_since_when_there_is_history() -> None:
    assert watched().since is None
    assert watched((940, 1000), (40, 100)).since == 40
    assert watched((1000, 1060), begun=1000).since is None


def test_old_spans_are_forgotten() -> None:
    both = watched((100, 160), (200, 260))
    both.drop(160.5)
    assert both.since == 200
    assert both.seconds(0, 1000) == 60


def test_nothing_was_watched_before_the_beginning() -> None:
    assert Watched().seconds(0, 100) == 0


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=12), st.integers(0, 80), st.integers(0, 20))
def test_it_counts_each_watched_second_once(spans: list[tuple[int, int]], start: int, length: int) -> None:
    known = watched(*((begin, begin + seconds) for begin, seconds in spans))
    seconds = {second for begin, taken in spans for second in range(begin, begin + taken)}
    assert known.seconds(start, start + length) == pytest.approx(len(seconds & set(range(start, start + length))))
