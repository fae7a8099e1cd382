"""A seasonal baseline that is driven by values, window by window, and the ordinary weeks of a site."""

from collections.abc import Callable, Mapping
from datetime import timedelta, timezone
from math import cos, pi
from random import Random
from zoneinfo import ZoneInfo

from alerting.calendar import Calendar
from alerting.comparison import Verdict
from alerting.rule import WHOLE, Measured, Rule
from alerting.seasonal import SeasonalComparison
from alerting.window import Window
from alerting.window_sum import WindowSum

WINDOW = 120.0
HOUR, DAY, WEEK = 3600.0, 86400.0, 7 * 86400.0
BERLIN = ZoneInfo("Europe/Berlin")
SUMMER = timezone(timedelta(hours=2))
"""The time of Berlin in summer, all year."""
MONDAY = 1_788_732_000.0
"""00:00 2026-09-07 in Berlin."""

Level = Callable[[float], float]


def daily(time: float, most: float = 400.0) -> float:
    """Return the usual requests of a window: all of `most` at 15 o'clock, 5 % at 3 o'clock, half on weekends."""
    hours = (time - MONDAY) / HOUR
    weekend = min(1.0, max(0.0, min((hours % 168 - 117) / 6, (168 + 3 - hours % 168) / 6)))
    if hours % 168 < 3:
        weekend = (3 - hours % 168) / 6
    return most * (1 - 0.5 * weekend) * (0.05 + 0.95 * (1 + cos(2 * pi * (hours - 15) / 24)) / 2)


class Driven:
    """Values of one rule; `given` returns the verdicts beyond the limit."""

    def __init__(
        self, rule: Rule, start: float = MONDAY, calendar: Calendar | None = None, seed: int = 1, per: float = 1.0
    ) -> None:
        self.rule = rule
        self.comparison = SeasonalComparison(rule, WINDOW, calendar or Calendar(SUMMER))
        self.now = start
        self.random = Random(seed)
        self.per = per

    def given(self, value: float, traffic: float | None = None, subject: str = WHOLE) -> list[Verdict]:
        """Judge and learn a window."""
        window = Window.empty((), self.now, self.now + WINDOW)
        self.now += WINDOW
        measured = {subject: Measured(value, value if traffic is None else traffic)}
        beyond = [verdict for verdict in self.comparison.judge(measured, window) if verdict.beyond]
        self.comparison.learn(measured, {verdict.subject for verdict in beyond}, window)
        return beyond

    def keys(self, rates: Mapping[str, float], whole: float) -> set[str]:
        """Judge and learn the requests per second of keys, beside those of the whole traffic; return who is beyond."""
        return {verdict.subject for verdict in self.verdicts(rates, whole)}

    def verdicts(self, rates: Mapping[str, float], whole: float) -> list[Verdict]:
        """Judge and learn as `keys` does; return the verdicts beyond the limit."""
        sums = {each.name: WindowSum(each) for each in self.rule.statistics}
        for each in sums.values():
            each.restore(round(WINDOW * whole), {})
        window = Window(sums, self.now, self.now + WINDOW)
        self.now += WINDOW
        measured = {name: Measured(rate, WINDOW * rate) for name, rate in rates.items() if rate}
        beyond = [verdict for verdict in self.comparison.judge(measured, window) if verdict.beyond]
        self.comparison.learn(measured, {verdict.subject for verdict in beyond}, window)
        return beyond

    def lives(self, seconds: float, level: Level = daily, noise: float = 0.08) -> list[tuple[float, Verdict]]:
        """Live through a time with noisy counts around a level; return what was beyond the limit, with the times."""
        found, end = [], self.now + seconds
        while self.now < end:
            expected = level(self.now)
            count = max(0, round(self.random.gauss(expected, (expected + (noise * expected) ** 2) ** 0.5)))
            found += [(self.now, verdict) for verdict in self.given(count / self.per, count)]
        return found

    def waits(self, seconds: float) -> None:
        """Let time pass that nobody watches."""
        self.now += seconds
