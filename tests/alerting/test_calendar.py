"""The calendar of seasons: hours of the local week, and holidays."""

from datetime import date, datetime, timedelta, timezone

import pytest
from seasons import BERLIN, HOUR

from alerting.calendar import Calendar, CalendarError, holidays


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


def test_a_moment_is_between_the_middles_of_two_hours() -> None:
    moment = Calendar(BERLIN).moment(at("2026-09-08 10:45"))
    assert (moment.hour, moment.before, moment.after, moment.share) == (34, 34, 35, 0.25)
    assert moment.started == at("2026-09-08 10:00")
    early = Calendar(BERLIN).moment(at("2026-09-08 10:15"))
    assert (early.hour, early.before, early.after, early.share) == (34, 33, 34, 0.75)


def test_zones_that_are_half_an_hour_off_have_whole_hours_too() -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    moment = Calendar(india).moment(datetime(2026, 9, 7, 0, 30, tzinfo=india).timestamp())
    assert (moment.hour, moment.before, moment.share) == (0, 0, 0.0)


def test_when_the_clocks_change_an_hour_is_missing_or_comes_twice() -> None:
    calendar = Calendar(BERLIN)
    spring = [calendar.moment(at("2027-03-28 00:30") + hour * HOUR).hour % 24 for hour in range(4)]
    autumn = [calendar.moment(at("2026-10-25 00:30") + hour * HOUR).hour % 24 for hour in range(5)]
    assert (spring, autumn) == ([0, 1, 3, 4], [0, 1, 2, 2, 3])


def test_a_holiday_is_a_sunday() -> None:
    calendar = Calendar(BERLIN, holidays("# of 2026\n\n2026-12-25  Christmas\n"))
    assert calendar.moment(at("2026-12-25 12:00")).hour == 6 * 24 + 12
    assert calendar.moment(at("2026-12-24 12:00")).hour == 3 * 24 + 12


def test_a_line_that_is_not_a_date_is_named() -> None:
    assert holidays("2026-12-25\n2027-01-01 New Year # off\n") == {date(2026, 12, 25), date(2027, 1, 1)}
    with pytest.raises(CalendarError, match="line 2 does not begin with a date such as 2026-12-25"):
        holidays("2026-12-25\nChristmas 2026-12-25\n")
