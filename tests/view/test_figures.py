from datetime import timedelta, timezone
from typing import Any

import pytest

from stats.statistic import BYTES, HITS, SECONDS, Unit
from view import figures
from view.panel import Measure, Row


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        (figures.count, 0, "0"),
        (figures.count, 48_210, "48,210"),
        (figures.count, 999_999_999, "999,999,999"),
        (figures.count, 1_234_567_890, "1,235 M"),
        (figures.volume, 999, "999 B"),
        (figures.volume, 999.6, "1.0 kB"),
        (figures.volume, 99_940, "99.9 kB"),
        (figures.volume, 99_960, "100 kB"),
        (figures.volume, 999_499, "999 kB"),
        (figures.volume, 999_500, "1.0 MB"),
        (figures.volume, 4.2e9, "4.2 GB"),
        (figures.volume, 4.2e15, "4.2 PB"),
        (figures.latency, 0, "0.00 ms"),
        (figures.latency, 0.00042, "0.42 ms"),
        (figures.latency, 0.0084, "8.4 ms"),
        (figures.latency, 0.0999, "99.9 ms"),
        (figures.latency, 0.31, "310 ms"),
        (figures.latency, 0.9996, "1.00 s"),
        (figures.latency, 124, "124 s"),
        (figures.rate, 0, "0"),
        (figures.rate, 0.001, "0.01"),
        (figures.rate, 0.25, "0.25"),
        (figures.rate, 0.999, "1.0"),
        (figures.rate, 9.2, "9.2"),
        (figures.rate, 9.97, "10"),
        (figures.rate, 1203.7, "1,204"),
        (figures.number, 1320.0, "1,320"),
        (figures.number, 13.2, "13.2"),
        (figures.span, 10, "10 s"),
        (figures.span, 120, "120 s"),
        (figures.span, 600, "10 min"),
        (figures.span, 90, "90 s"),
        (figures.span, 3600, "1 h"),
        (figures.span, 86400, "24 h"),
        (figures.span, 604800, "7 d"),
        (figures.duration, -1, "0 s"),
        (figures.duration, 59.6, "1 min"),
        (figures.duration, 200, "3 min 20 s"),
        (figures.duration, 3605, "1 h"),
        (figures.duration, 100_000, "1 d 3 h"),
        (figures.stopwatch, 860, "00:14:20"),
        (figures.stopwatch, 86400 * 3 + 15000, "3 d 04:10:00"),
    ],
)
def test_numbers_as_text(function: Any, value: float, text: str) -> None:
    assert function(value) == text


def test_a_share_that_is_not_zero_is_not_shown_as_zero() -> None:
    assert [figures.percent(1, 10**6), figures.percent(21, 1000), figures.percent(0, 0)] == ["<0.1 %", "2.1 %", "0.0 %"]


def test_moments_are_in_the_given_zone() -> None:
    assert figures.moment(1795367050, timezone.utc) == "17:04:10 2026-11-22"
    assert figures.moment(1795367050, timezone(timedelta(hours=1))) == "18:04:10 2026-11-22"


@pytest.mark.parametrize("zone", [None, timezone.utc])
@pytest.mark.parametrize("time", [1e18, -1e18])
def test_a_moment_that_no_calendar_has_is_shown_in_seconds(time: float, zone: timezone | None) -> None:
    assert figures.moment(time, zone) == f"{time:.0f} s"


@pytest.mark.parametrize(
    ("unit", "texts"), [(HITS, ("0", "1,000")), (BYTES, ("0 B", "4.0 kB")), (SECONDS, ("-", "4.00 s"))]
)
def test_an_average_of_nothing_is_no_number(unit: Unit, texts: tuple[str, str]) -> None:
    assert figures.amounts(Row("", Measure(0, 0), Measure(1000, 4000)), unit) == texts


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [(112, 100, "+12 %"), (50, 100, "-50 %"), (100, 100, "as before"), (5, 0, "new"), (0, 0, ""), (1, None, ""),
     (1099, 100, "+999 %"), (1100, 100, "x 11"), (2500, 100, "x 25")],
)  # fmt: skip
def test_changes_in_words(now: float, before: float | None, text: str) -> None:
    assert figures.change(now, before) == text
