"""The line that explains an alert, and the lines about events."""

from dataclasses import replace
from datetime import timezone

import pytest

from alerting.alert import Alert, Contributor, SignalUnit
from alerting.events import (
    AlertContinued,
    AlertDismissed,
    AlertRaised,
    Event,
    Flapping,
    FlappingEnded,
    Learned,
    LearningRestarted,
)
from alerting.rule import Rule
from alerting.signals.error_ratio_5xx import ErrorRatio5xx
from alerting.signals.key_response_time import KeyResponseTime
from alerting.signals.request_rate import RequestRate
from alerting.signals.response_time import ResponseTime
from alerting.signals.traffic_drop import TrafficDrop
from dashboard.lines import event_line
from view.explanation import explanation

AT = 1795367050.0
MOMENT = "17:04:10 2026-11-22"
BY = (
    Contributor("client", "203.0.113.9", 590, 0.921),
    Contributor("section", "shop.example.com/cart", 560, 0.88),
    Contributor("client", "203.0.113.8", 64, 0.1),
)
HIGH = Alert("request_rate", AT, None, 1844, 2010, 1200, 10, 1320, SignalUnit.HITS, contributors=BY)
DROP = Alert("traffic_drop", AT, None, 0.4, 0.4, 12.5, 60, 5, SignalUnit.REQUESTS, previous=True, contributors=BY[1:2])
SHARE = Alert("error_ratio_5xx", AT, None, 12.4, 12.4, 0, 5, 5, SignalUnit.PERCENT)
SLOW = Alert(
    "response_time", AT, None, 1.24, 1.24, 0.084, 200, 0.252, SignalUnit.SECONDS, False, "10.0.0.21:80", BY[1:]
)
MORE = replace(HIGH, value=6000, baseline=1200, contributors=())


def test_an_alert_of_an_overloaded_bucket_says_that_its_figures_are_too_low() -> None:
    line = explanation(replace(MORE, dropped_share=0.42), RequestRate(10, 120), timezone.utc)
    assert line.endswith("(limit 1,320); figures are too low: 42.0 % of the traffic was dropped")


@pytest.mark.parametrize(
    ("alert", "rule", "told"),
    [
        (
            HIGH,
            RequestRate(10, 120),
            f"High traffic generated an alert - hits = 1,844, triggered at {MOMENT}; 53.7 % above the baseline of "
            "1,200 (limit 1,320); of the excess: client 203.0.113.9 92.1 %, section shop.example.com/cart 88.0 %",
        ),
        (
            MORE,
            RequestRate(10, 120),
            f"High traffic generated an alert - hits = 6,000, triggered at {MOMENT}; 5.0 times the baseline of 1,200 "
            "(limit 1,320)",
        ),
        (
            replace(MORE, value=3600),
            RequestRate(10, 120),
            f"High traffic generated an alert - hits = 3,600, triggered at {MOMENT}; 3.0 times the baseline of 1,200 "
            "(limit 1,320)",
        ),
        (
            DROP,
            TrafficDrop(60, 1),
            f"Low traffic generated an alert - rate = 0.40 /s, triggered at {MOMENT}; 96.8 % below 12 /s, the lowest "
            "recent bucket (limit 5.0 /s); missing: section shop.example.com/cart 88.0 %",
        ),
        (
            SHARE,
            ErrorRatio5xx(5, 100),
            f"High 5xx share generated an alert - share = 12.4 %, triggered at {MOMENT}; the baseline is 0.0 % "
            "(limit 5.0 %)",
        ),
        (
            SLOW,
            ResponseTime(200, 200, 0.1),
            f"Slow responses of 10.0.0.21:80 generated an alert - p95 = 1.24 s, triggered at {MOMENT}; 14.8 times the "
            "baseline of 84.0 ms (limit 252 ms); most of it: section shop.example.com/cart 88.0 %, client 203.0.113.8 "
            "10.0 %",
        ),
    ],
)
def test_what_happened_when_by_which_baseline_and_whose_it_is(alert: Alert, rule: Rule, told: str) -> None:
    assert explanation(alert, rule, timezone.utc) == told


def test_a_long_name_is_cut_in_the_line_and_whole_in_the_alert() -> None:
    long = replace(HIGH, contributors=(Contributor("section", "x" * 1024, 9, 1.0),))
    assert explanation(long, RequestRate(10, 120), timezone.utc) == (
        f"High traffic generated an alert - hits = 1,844, triggered at {MOMENT}; 53.7 % above the baseline of 1,200 "
        f"(limit 1,320); of the excess: section {'x' * 77}... 100.0 %"
    )


@pytest.mark.parametrize(
    ("event", "news"),
    [
        (Learned(AT, 1200), "Learned the baseline: 1,200 requests"),
        (Learned(AT, 0.2, "error_ratio_5xx"), ""),
        (LearningRestarted(AT), "No request while learning; learning restarts"),
        (AlertRaised(AT, replace(HIGH, explanation="What happened")), "What happened"),
        (AlertContinued(AT, HIGH), ""),
        (AlertDismissed(AT + 120, replace(HIGH, end=AT + 120)), "Alert dismissed after 2 min"),
        (AlertDismissed(AT + 120, replace(DROP, end=AT + 120)), "Alert dismissed after 2 min: traffic drop"),
        (
            Flapping(AT, "traffic_drop", 7, DROP),
            "Flapping: traffic drop changed state 7 times in an hour; muted",
        ),
        (FlappingEnded(AT, "traffic_drop", DROP), "Calm again: traffic drop, its alert is active"),
        (FlappingEnded(AT, "traffic_drop", replace(DROP, end=AT)), "Calm again: traffic drop, no alert"),
    ],
)
def test_what_is_news_is_a_line(event: Event, news: str) -> None:
    line = event_line(event, timezone.utc)
    assert line == (f"{'17:06:10 2026-11-22' if event.time > AT else MOMENT}  {news}" if news else "")


SEASONAL = Alert(
    "key_response_time",
    AT,
    None,
    0.18,
    0.18,
    0.042,
    100,
    0.118,
    SignalUnit.SECONDS,
    subject="shop.example.com/checkout",
    contributors=(
        Contributor("client", "203.0.113.9", 90, 0.9),
        Contributor("network", "203.0.113.0/24", 91, 0.91, True),
        Contributor("user agent", "NewBot/0.1", 88, 0.88, True),
    ),
    seasonal=True,
    since=AT - 130,
    before=0.04,
    after=0.18,
    stepped=True,
)


def test_an_alert_against_a_season_says_when_it_changed_and_with_what() -> None:
    rule = KeyResponseTime(100, 50, 0.1)
    assert explanation(SEASONAL, rule, timezone.utc) == (
        "Slow responses: p95 of shop.example.com/checkout stepped from 40.0 ms to 180 ms at 17:02:00 2026-11-22; "
        "4.3 times the usual 42.0 ms at this hour (limit 118 ms); most of it: client 203.0.113.9 90.0 %, new user "
        "agent NewBot/0.1 88.0 %"
    )
    longer = replace(SEASONAL, seconds=1800.0, contributors=())
    assert explanation(longer, rule, timezone.utc).endswith("; 4.3 times the usual 42.0 ms over 30 min (limit 118 ms)")
    slow = replace(SEASONAL, stepped=False, contributors=())
    assert explanation(slow, rule, timezone.utc).startswith(
        "Slow responses: p95 of shop.example.com/checkout rose from 40.0 ms to 180 ms since 17:02:00 2026-11-22; "
    )
    unknown = replace(SEASONAL, since=None, contributors=())
    assert explanation(unknown, rule, timezone.utc) == (
        f"Slow responses of shop.example.com/checkout generated an alert - p95 = 180 ms, triggered at {MOMENT}; "
        "4.3 times the usual 42.0 ms at this hour (limit 118 ms)"
    )
