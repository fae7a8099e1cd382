"""One series of values against its season."""

from math import log
from random import Random

from seasons import MONDAY, SUMMER, WINDOW

from alerting.calendar import Calendar
from alerting.scale import EVENTS
from alerting.series import Series

USUAL, REST = 20, 40
"""Requests of a window, and those of the rest of its whole."""


def test_beside_a_steady_whole_a_part_must_deviate_less() -> None:
    """Two series with the same values: one of a whole site, and one of a part whose rest does as usual."""
    alone, part = (Series(EVENTS, 1, log(USUAL / WINDOW)) for _ in range(2))
    part.whole = Series(EVENTS, 1, log((USUAL + REST) / WINDOW))
    luck, calendar, now = Random(1), Calendar(SUMMER), MONDAY

    def given(factor: float) -> tuple[bool, ...]:
        nonlocal now
        seen, rest = (round(max(0.0, luck.gauss(mean, mean**0.5))) for mean in (USUAL * factor, REST))
        moment, now = calendar.moment(now + WINDOW / 2), now + WINDOW
        assert part.whole is not None
        for series, count in ((part.whole, seen + rest), (alone, seen), (part, seen)):
            series.enter(moment, now, WINDOW, count, WINDOW, count)
        beyond = [any(finding.severity > 1 for finding in series.findings(1.0)) for series in (alone, part)]
        for series, is_beyond in zip((alone, part, part.whole), (*beyond, False), strict=True):
            series.learn(is_beyond)
        return tuple(beyond)

    assert not any(any(given(1)) for _ in range(8 * 720))
    of_alone, of_part = zip(*(given(1.35) for _ in range(30)), strict=True)
    assert sum(of_part) > 1.5 * sum(of_alone) > 0
