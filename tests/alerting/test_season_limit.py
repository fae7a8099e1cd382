"""A signal has a limited number of seasons: the subject with the least traffic makes room for a new one."""

from collections.abc import Mapping

from seasons import MONDAY, SUMMER, WINDOW

from alerting.calendar import Calendar
from alerting.rule import Measured
from alerting.seasonal import MAX_SEASONS, SeasonalComparison
from alerting.signals.request_rate import RequestRate
from alerting.window import Window


class Keys:
    """Seasons of the requests of many keys."""

    def __init__(self) -> None:
        self.comparison = SeasonalComparison(RequestRate(10, WINDOW), WINDOW, Calendar(SUMMER))
        self.now = MONDAY

    def given(self, counts: Mapping[str, int]) -> None:
        """Let each key have so many requests in a window."""
        window = Window.empty((), self.now, self.now + WINDOW)
        measured = {key: Measured(count, count) for key, count in counts.items()}
        self.comparison.judge(measured, window)
        self.comparison.learn(measured, set(), window)
        self.now += WINDOW


MANY = {f"key {number}": 1000 + number for number in range(MAX_SEASONS)}


def test_a_new_key_takes_the_place_of_the_one_with_the_least_traffic() -> None:
    keys = Keys()
    for _ in range(3):
        keys.given(MANY)
    assert keys.comparison.values.keys() == MANY.keys()
    keys.given({**MANY, "new": 500})
    assert len(keys.comparison.values) == MAX_SEASONS
    assert MANY.keys() - keys.comparison.values.keys() == {"key 0"}
    assert keys.comparison.value("new") is not None
    assert (keys.comparison.value("key 0"), keys.comparison.limit("key 0")) == (None, None)


def test_whoever_has_become_quiet_goes_first() -> None:
    keys = Keys()
    for _ in range(3):
        keys.given(MANY)
    for _ in range(60):
        keys.given({**MANY, "key 150": 1})
    keys.given({**MANY, "key 150": 1, "new": 100_000})
    assert MANY.keys() - keys.comparison.values.keys() == {"key 150"}


def test_very_many_new_keys_at_once_stay_within_the_limit() -> None:
    keys = Keys()
    keys.given(MANY)
    keys.given({f"other {number}": 2000 for number in range(3 * MAX_SEASONS)})
    assert len(keys.comparison.values) == MAX_SEASONS


def test_a_key_that_is_small_beside_the_largest_gets_no_season() -> None:
    keys = Keys()
    keys.given({"large": 10_000, "small": 100})
    keys.given({"large": 10_000, "small": 100})
    assert keys.comparison.values.keys() == {"large"}
