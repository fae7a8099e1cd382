"""In which steps the past is read."""

import pytest

from history.clickhouse.arrivals import FIRST_STEP, STEPS, steps
from history.record import Level

DAY = 86400.0
NOON = 20_000 * DAY + 12 * 3600 + 17


@pytest.mark.parametrize(("since", "until"), [(NOON - DAY, NOON), (NOON - 1000.5, NOON - 0.5), (NOON, NOON)])
def test_steps_are_the_whole_past_latest_first(since: float, until: float) -> None:
    ends = [(begin, end) for _, begin, end in steps(since, until, NOON)]
    assert [end for _, end in ends] == [until, *(begin for begin, _ in ends[:-1])][: len(ends)]
    assert not ends or ends[-1][0] == since


def test_each_step_is_twice_as_long_as_the_last_until_it_is_long_enough() -> None:
    found = list(steps(NOON - DAY, NOON, NOON))
    lengths = [end - begin for level, begin, end in found if level is Level.MINUTE][:-1]
    assert lengths[:5] == [FIRST_STEP, 2 * FIRST_STEP, 4 * FIRST_STEP, 8 * FIRST_STEP, STEPS[Level.MINUTE]]
    assert max(end - begin for level, begin, end in found if level is Level.HOUR) <= STEPS[Level.HOUR]


def test_what_sensors_have_whose_clocks_are_ahead_comes_first() -> None:
    assert next(iter(steps(NOON - DAY, NOON + 60, NOON))) == (Level.MINUTE, NOON, NOON + 60)
