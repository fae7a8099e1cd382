"""One series of values against its season."""

from math import log
from random import Random

import pytest
from seasons import MONDAY, SUMMER, WINDOW

from alerting.calendar import Calendar, Moment
from alerting.scale import EVENTS
from alerting.series import Series

USUAL, REST = 20, 40
"""Requests of a window, and those of the rest of its whole."""


class Site:
    """Gives windows to some series, one after the other."""

    def __init__(self) -> None:
        self.now = MONDAY
        self.luck = Random(1)
        self._calendar = Calendar(SUMMER)

    def moment(self) -> Moment:
        """Return the middle of the next window."""
        return self._calendar.moment(self.now + WINDOW / 2)

    def count(self, mean: float) -> int:
        """Return a count with the noise of counting."""
        return round(max(0.0, self.luck.gauss(mean, mean**0.5)))

    def enters(self, *counts: tuple[Series, int]) -> None:
        """Let each series judge a window with so many requests."""
        moment, self.now = self.moment(), self.now + WINDOW
        for series, count in counts:
            series.enter(moment, self.now, WINDOW, count, WINDOW, count)


def new(usual: float) -> Series:
    """Return a series that alerts above."""
    return Series(EVENTS, 1, log(usual / WINDOW))


def test_beside_a_steady_whole_a_part_must_deviate_less() -> None:
    """Two series with the same values: one of a whole site, and one of a part whose rest does as usual."""
    site, whole, alone, part = Site(), new(USUAL + REST), new(USUAL), new(USUAL)
    part.whole = whole

    def given(factor: float) -> tuple[bool, ...]:
        seen, rest = site.count(factor * USUAL), site.count(REST)
        site.enters((whole, seen + rest), (alone, seen), (part, seen))
        beyond = [any(finding.severity > 1 for finding in series.findings(1.0)) for series in (alone, part)]
        for series, is_beyond in zip((alone, part, whole), (*beyond, False), strict=True):
            series.learn(is_beyond, is_beyond)
        return tuple(beyond)

    assert not any(any(given(1)) for _ in range(8 * 720))
    of_alone, of_part = zip(*(given(1.35) for _ in range(30)), strict=True)
    assert sum(of_part) > 1.5 * sum(of_alone) > 0


def width(series: Series) -> float:
    """Return how far the limit is from what is expected, as a logarithm."""
    expected, limit = series.band()
    return log(limit / expected)


def unsteady(days: int = 8) -> tuple[Site, Series, float]:
    """Return a series after some days, and three hours in which each second window was unusual, but did not alert; with
    the width of its band before these hours.
    """
    site, series = Site(), new(USUAL)
    for _ in range(days * 720):
        site.enters((series, site.count(USUAL)))
        series.learn(False, False)
    before = width(series)
    for number in range(90):
        site.enters((series, USUAL * (1 + 2 * (number % 2))))
        series.learn(False, False)
    assert width(series) > 1.2 * before
    return site, series, before


@pytest.mark.parametrize(("days", "forgotten"), [(3, False), (8, True)])
def test_the_hours_before_an_alert_do_not_widen_the_band(days: int, forgotten: bool) -> None:
    """A leak or a ramp is within the limit for hours before it alerts. In the first week, all of it is learned."""
    site, series, before = unsteady(days)
    site.enters((series, 5 * USUAL))
    series.learn(True, True)
    site.enters((series, USUAL))
    assert (width(series) < 1.1 * before) == forgotten


def test_what_an_alert_is_about_does_not_widen_the_band() -> None:
    """Not all of it is beyond the limit."""
    site, series, _ = unsteady()
    widths = []
    for number in range(91):
        site.enters((series, USUAL * (1 + 2 * (number % 2))))
        series.learn(False, True)
        widths.append(width(series))
    assert widths[-1] < 1.03 * widths[0]


@pytest.mark.parametrize(("alerting", "wider"), [(False, True), (True, False)])
def test_the_hours_of_an_alert_do_not_widen_the_band_of_the_chart(alerting: bool, wider: bool) -> None:
    """It is that of windows and of hours together."""
    site, series = Site(), new(USUAL)

    def band() -> float:
        expected, _, high = series.band_at(site.moment(), WINDOW)
        return log(high / expected)

    for _ in range(8 * 720):
        site.enters((series, site.count(USUAL)))
        series.learn(False, False)
    before = band()
    for hour in range(24):
        for _ in range(30):
            site.enters((series, USUAL * (1 + 2 * (hour % 2))))
            series.learn(False, alerting)
    assert (band() > 1.1 * before) == wider
