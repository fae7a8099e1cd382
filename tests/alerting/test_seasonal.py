"""Seasonal baselines: what they take as usual, and what not."""

import copy
from collections.abc import Callable
from datetime import date, datetime
from math import exp, log
from random import Random

import pytest
from seasons import BERLIN, DAY, HOUR, MONDAY, WEEK, WINDOW, Driven, daily

from alerting.calendar import Calendar
from alerting.comparison import Verdict
from alerting.rule import Measured, Rule
from alerting.signals.error_ratio_5xx import ErrorRatio5xx
from alerting.signals.key_drop import KeyDrop
from alerting.signals.key_errors import KeyErrors
from alerting.signals.key_requests import KeyRequests
from alerting.signals.key_response_time import KeyResponseTime
from alerting.signals.request_rate import RequestRate
from alerting.signals.response_time import ResponseTime
from alerting.signals.traffic_drop import TrafficDrop
from alerting.window import Window


def weeks(count: float, **given: object) -> Driven:
    """Return the baseline of a request rate after so many ordinary weeks."""
    driven = Driven(RequestRate(10, 120), **given)  # type: ignore[arg-type]
    driven.lives(count * WEEK)
    return driven


@pytest.fixture(scope="module")
def learned() -> Callable[[], Driven]:
    """Return a function that returns a baseline of three weeks, each time the same."""
    driven = weeks(3)
    return lambda: copy.deepcopy(driven)


def test_ordinary_days_do_not_alert_from_the_first_hour_on() -> None:
    assert Driven(RequestRate(10, 120)).lives(3 * WEEK) == []


def test_in_the_first_hour_values_are_shown_and_none_is_beyond() -> None:
    driven = Driven(RequestRate(10, 120))
    driven.lives(HOUR / 4)
    assert driven.given(100_000) == []
    (shown,) = driven.comparison.judge({"": Measured(100_000, 100_000)}, Window.empty((), driven.now, driven.now + 120))
    assert shown.value == pytest.approx(100_000)
    assert not shown.beyond


def test_a_quiet_hour_learned_first_does_not_alert_all_day() -> None:
    """What a fixed baseline does: started at 3 o'clock, it alerts until the next night."""
    driven = Driven(RequestRate(10, 120), MONDAY + 3 * HOUR)
    assert driven.lives(2 * DAY) == []


def test_the_same_rate_is_usual_at_noon_and_not_at_night(learned: Callable[[], Driven]) -> None:
    noon, night = learned(), learned()
    noon.lives(14 * HOUR)
    night.lives(3 * HOUR)
    assert noon.given(390) == []
    (found,) = night.given(390)
    assert found.baseline == pytest.approx(20, abs=10)
    assert found.value == pytest.approx(390)


def test_a_step_is_found_in_two_windows(learned: Callable[[], Driven]) -> None:
    driven = learned()
    driven.lives(12 * HOUR)
    begun = driven.now
    found = driven.lives(HOUR, lambda time: 2 * daily(time))
    assert found[0][0] - begun <= 120
    change = driven.comparison.change("")
    assert change is not None
    assert change.step
    assert change.since == begun
    assert change.after / change.before == pytest.approx(2, rel=0.15)


def test_a_slow_ramp_does_not_become_usual(learned: Callable[[], Driven]) -> None:
    """From usual to three times as much, in a day and a half: each window is like the one before."""
    driven = learned()
    begun = driven.now
    found = driven.lives(36 * HOUR, lambda time: daily(time) * (1 + 2 * (time - begun) / (36 * HOUR)))
    assert found
    assert found[0][0] - begun < 24 * HOUR


def test_growth_of_a_few_percent_a_week_is_followed(learned: Callable[[], Driven]) -> None:
    driven = learned()
    begun = driven.now
    assert driven.lives(4 * WEEK, lambda time: daily(time) * (1 + 0.07 * (time - begun) / WEEK)) == []


def test_a_new_level_alerts_for_two_days_and_is_usual_then(learned: Callable[[], Driven]) -> None:
    driven = learned()
    begun = driven.now
    found = driven.lives(4 * DAY, lambda time: 4 * daily(time))
    last = found[-1][0] - begun
    assert 1.5 * DAY < last < 2.5 * DAY


def test_what_comes_back_to_the_usual_is_no_deviation() -> None:
    """Days differ by a quarter, so a quiet morning is followed. Its end is a step, but to what the season expects."""
    luck = Random(3)
    of_day = [exp(luck.gauss(0, 0.25)) for _ in range(21)]
    driven = Driven(RequestRate(10, 120))
    driven.lives(3 * WEEK, lambda time: daily(time) * of_day[int((time - MONDAY) // DAY)])
    midnight = driven.now
    quiet = driven.lives(13 * HOUR, lambda time: daily(time) * (1 - 0.5 * min(1, (time - midnight) / (4 * HOUR))))
    assert (quiet, driven.lives(2 * HOUR)) == ([], [])
    assert driven.lives(HOUR, lambda time: 3 * daily(time))


def test_an_outage_of_a_week_never_becomes_usual() -> None:
    driven = Driven(TrafficDrop(60, 0.1), per=120)
    driven.lives(3 * WEEK)
    begun = driven.now
    found = driven.lives(WEEK, lambda time: 0.0)
    assert found[0][0] - begun < HOUR
    assert found[-1][0] > begun + 6 * DAY
    driven.lives(HOUR / 10)
    assert driven.lives(WEEK) == []


def test_the_outage_of_a_key_never_becomes_usual_beside_others() -> None:
    """Its share of the traffic falls below that of keys with a season, but it alerts."""
    driven = Driven(KeyDrop(70, 1))

    def given(cart: float) -> bool:
        return "shop/cart" in driven.keys({"shop/": 20.0, "shop/cart": cart}, 20 + cart)

    assert not any(given(driven.random.gauss(2, 0.1)) for _ in range(2 * 720))
    alerts = [given(0) for _ in range(9 * 720)]
    assert all(alerts[5:])


def test_a_key_is_judged_beside_the_rest_of_the_site() -> None:
    """A host that is the whole site has no season, and what happens to the whole site is no matter of a key."""
    driven = Driven(KeyDrop(70, 1))

    def given(cart: float, rest: float) -> set[str]:
        cart, rest = (max(0.0, driven.random.gauss(rate, 0.05 * rate)) for rate in (cart, rest))
        return driven.keys({"shop": cart + rest, "shop/cart": cart, "shop/": rest}, cart + rest)

    assert not any(given(10, 10) for _ in range(8 * 720))
    assert list(driven.comparison.values) == ["shop/cart", "shop/"]
    assert given(0.1, 10) == {"shop/cart"}
    after = [given(10, 10) for _ in range(60)]
    assert not any(after[2:])
    assert given(0.1, 0.1) == set()


@pytest.mark.parametrize(
    "rule",
    [KeyDrop(70, 1), KeyRequests(200, 100), KeyErrors(10, 20), KeyResponseTime(150, 50, 0.1)],
    ids=lambda rule: rule.name,
)
def test_for_all_signals_by_key_a_host_that_is_the_whole_site_is_no_key(rule: Rule) -> None:
    driven = Driven(rule)
    for _ in range(60):
        driven.keys({"shop": 2.0, "shop/cart": 1.0, "shop/": 1.0}, 2.0)
    assert list(driven.comparison.values) == ["shop/cart", "shop/"]


@pytest.mark.parametrize(("days", "told"), [(3, {"shop/a", "shop/b"}), (8, set())])
def test_the_rest_of_the_site_excuses_a_key_once_its_week_is_known(days: int, told: set[str]) -> None:
    """Before, the season of the whole says as little as that of the key."""
    driven = Driven(KeyRequests(150, 100))

    def given(factor: float) -> set[str]:
        rates = {f"shop/{name}": factor * driven.random.gauss(2, 0.1) for name in "ab"}
        return driven.keys(rates, sum(rates.values()))

    assert not any(given(1) for _ in range(days * 720))
    assert given(4) == told


@pytest.mark.parametrize(("rate", "told"), [(0.2, False), (0.6, True)])
def test_a_key_with_little_traffic_is_not_judged_by_hours(rate: float, told: bool) -> None:
    """It needs as many requests in three windows as the floor says for one."""
    driven = Driven(KeyDrop(70, 1))

    def given(own: float) -> bool:
        return "shop/login" in driven.keys({"shop/": 2.0, "shop/login": own}, 2 + own)

    assert not any(given(driven.random.gauss(rate, 0.05 * rate)) for _ in range(720))
    assert any(given(0) for _ in range(30)) == told


def quiet_site() -> tuple[Driven, Callable[[int], set[str]]]:
    """Return the baseline of a site with few requests, and a function that gives a window with some for `blog/`."""
    driven = Driven(KeyRequests(150, 100))

    def given(busy: int) -> set[str]:
        counts = {f"blog/{number}": driven.random.randint(1, 5) for number in range(5)} | {"blog/": busy}
        return driven.keys({name: count / WINDOW for name, count in counts.items()}, sum(counts.values()) / WINDOW)

    for _ in range(8 * 720):
        assert given(driven.random.randint(1, 5)) == set()
    return driven, given


def test_a_crowd_of_a_quiet_site_is_found_though_it_is_small() -> None:
    """A crowd of 18 requests in two minutes is far below the floor, but six times the usual."""
    _, given = quiet_site()
    assert any(given(18) == {"blog/"} for _ in range(5))


def test_where_next_to_nothing_is_expected_a_visit_is_no_crowd() -> None:
    """A section with one visitor in half an hour: 35 requests of one stay below the floor."""
    driven = Driven(KeyRequests(150, 100))
    counts = {"blog/": 5, "blog/feed": 5}

    def given(about: int) -> set[str]:
        rates = {name: count / WINDOW for name, count in (counts | {"blog/about": about}).items()}
        return driven.keys(rates, sum(rates.values()))

    for number in range(8 * 720):
        assert given(5 if number % 15 == 0 else 0) == set()
    assert "blog/about" in driven.comparison.values
    assert given(35) == set()
    assert given(0) == set()


def test_one_burst_does_not_hide_the_crowds_after_it() -> None:
    """What a site notices is measured by its busiest hour, not by a crawler that took two minutes."""
    driven, given = quiet_site()
    driven.keys({"blog/1": 300 / WINDOW}, 300 / WINDOW)
    for _ in range(60):
        given(3)
    assert any(given(18) == {"blog/"} for _ in range(5))


def test_a_flood_that_alerts_does_not_hide_the_crowds_after_it() -> None:
    driven, given = quiet_site()
    for _ in range(30):
        driven.keys({"blog/1": 300 / WINDOW}, 300 / WINDOW)
    for _ in range(240):
        given(3)
    assert any(given(18) == {"blog/"} for _ in range(5))


def test_one_of_many_keys_must_deviate_further() -> None:
    """By chance, one of many is further away than one alone."""
    factors = []
    for keys in (2, 50):
        driven = Driven(KeyResponseTime(10, 1, 0.01))
        for _ in range(720):
            seconds = 0.2 * driven.random.lognormvariate(0, 0.1)
            driven.keys({f"shop/{number}": seconds for number in range(keys)}, keys)
        factors.append(log((driven.comparison.limit("shop/0") or 0) / (driven.comparison.value("shop/0") or 1)))
    assert factors[1] / factors[0] == pytest.approx(1.14, abs=0.02)


def test_after_an_outage_the_usual_traffic_is_usual(learned: Callable[[], Driven]) -> None:
    driven = learned()
    driven.lives(WEEK, lambda time: 0.0)
    assert driven.lives(DAY) == []


def test_a_time_without_watching_changes_nothing(learned: Callable[[], Driven]) -> None:
    driven = learned()
    driven.lives(10 * HOUR)
    driven.waits(2.5 * DAY)
    assert driven.lives(DAY) == []


@pytest.mark.parametrize("day", ["2026-10-25", "2027-03-28"])
def test_the_days_on_which_the_clocks_change_are_ordinary(day: str) -> None:
    """Visitors follow the local clock."""
    change = datetime.fromisoformat(day).replace(tzinfo=BERLIN).timestamp()
    start = change - 3 * WEEK - 6 * DAY

    def local(time: float) -> float:
        moment = datetime.fromtimestamp(time, BERLIN)
        return daily(MONDAY + moment.weekday() * DAY + moment.hour * HOUR + moment.minute * 60)

    driven = Driven(RequestRate(10, 120), start, Calendar(BERLIN))
    assert driven.lives(5 * WEEK, local) == []


def test_a_holiday_is_a_sunday() -> None:
    wednesday = MONDAY + 3 * WEEK + 2 * DAY
    day = datetime.fromtimestamp(wednesday + HOUR, BERLIN).date()
    assert day.weekday() == 2

    def closed(time: float) -> float:
        """Return the traffic of a business that is closed on Sundays, and on the holiday."""
        hour = (time - MONDAY) / HOUR % 168
        since = min(
            abs(hour - 144), abs(168 - hour), abs((time - wednesday) / HOUR), abs((wednesday + DAY - time) / HOUR)
        )
        open_at = 0.3 if hour >= 144 or wednesday <= time < wednesday + DAY else 1.0
        return daily(time) * (open_at + (0.65 - open_at) * max(0.0, 1 - since))

    without = Driven(TrafficDrop(60, 0.1), per=120)
    known = Driven(TrafficDrop(60, 0.1), per=120, calendar=Calendar(BERLIN, [day]))
    for driven in (without, known):
        driven.lives(wednesday - MONDAY, closed)
    assert (bool(without.lives(DAY, closed)), known.lives(DAY, closed)) == (True, [])
    assert isinstance(day, date)


def test_few_events_are_judged_by_how_many_there_are() -> None:
    """One visit in ten minutes: neither the visit nor an hour without one is an alert, but twenty at once are."""
    driven = Driven(RequestRate(10, 120))
    assert driven.lives(2 * WEEK, lambda time: 0.2) == []
    (found,) = driven.given(20)
    assert found.value == 20


def test_a_share_of_few_responses_means_little() -> None:
    driven = Driven(ErrorRatio5xx(5, 10))
    for _ in range(3000):
        failed = driven.random.random() < 0.2
        assert driven.given(100 * failed / 20, 20) == []  # one of 20 responses now and then
    assert driven.given(15, 20) == []
    assert driven.given(15, 2000)


def test_a_lasting_step_inside_the_band_of_single_windows_is_found() -> None:
    """A p95 that steps from 140 to 210 ms, where single windows vary by 15 %."""
    driven = Driven(ResponseTime(200, 50, 0.1))
    for _ in range(7560):  # ten days and a half
        assert driven.given(0.14 * driven.random.lognormvariate(0, 0.15), 400) == []
    begun = driven.now
    found: list[Verdict] = []
    while not found and driven.now - begun < 2 * HOUR:
        found = driven.given(0.21 * driven.random.lognormvariate(0, 0.15), 400)
    assert 0 < driven.now - begun <= 1.2 * HOUR
    assert found[0].seconds in {240, 600, 1800, 3600}
    change = driven.comparison.change("")
    assert change is not None
    assert change.since == pytest.approx(begun, abs=600)
    assert change.before == pytest.approx(0.14, rel=0.1)
    assert change.after == pytest.approx(0.21, rel=0.1)


def test_times_below_the_least_are_never_slow() -> None:
    driven = Driven(ResponseTime(200, 50, 0.1))
    for _ in range(2520):
        driven.given(0.01 * driven.random.lognormvariate(0, 0.1), 400)
    assert all(driven.given(0.09, 400) == [] for _ in range(3))
    assert driven.given(0.11, 400)


def test_a_season_judges_a_tenth_of_the_floor() -> None:
    """Twelve responses in a window, 100 needed: outright failure is found in a window; with a single response later."""
    driven = Driven(ErrorRatio5xx(5, 100))
    for _ in range(2520):
        assert driven.given(0, 12) == []
    quiet = copy.deepcopy(driven)
    assert driven.given(100, 12)
    assert quiet.given(100, 1) == []


def test_an_alert_ends_well_within_the_limit_and_once(learned: Callable[[], Driven]) -> None:
    """A flood that varies around the limit is one alert, and its hour is not told again when it is over."""
    driven = learned()
    driven.lives(12 * HOUR)
    (first,) = driven.given(3 * daily(driven.now))
    near = 0.85 * first.limit
    assert all(driven.given(near if number % 2 else 2 * first.limit) for number in range(20))
    over = driven.now
    trailing = [time - over for time, _ in driven.lives(4 * HOUR)]
    assert all(seconds < 10 * 60 for seconds in trailing)


def test_an_alert_ends_with_the_second_window_within_also_after_an_accepted_level(
    learned: Callable[[], Driven],
) -> None:
    driven = learned()
    driven.lives(12 * HOUR)

    def flood_and_calm() -> list[bool]:
        return [bool(driven.given(factor * daily(driven.now))) for factor in (3, 1, 1)]

    assert flood_and_calm() == [True, True, False]
    assert driven.given(3 * daily(driven.now))
    assert driven.given(daily(driven.now))
    driven.comparison.accept("", daily(driven.now), driven.now)
    driven.lives(HOUR)
    assert flood_and_calm() == [True, True, False]


def test_an_accepted_level_is_usual_at_once(learned: Callable[[], Driven]) -> None:
    driven = learned()
    driven.lives(12 * HOUR)
    assert driven.lives(HOUR, lambda time: 2 * daily(time))
    driven.comparison.accept("", 2 * daily(driven.now), driven.now)
    assert driven.lives(2 * DAY, lambda time: 2 * daily(time)) == []
