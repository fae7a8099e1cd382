"""Alerts of several signals on the console: banners, how the signals stand, the history."""

from dataclasses import replace
from datetime import timezone

from view_samples import ACTIVE, CALM, ENDED, NOW

from alerting.alert import Contributor, SignalUnit
from dashboard.console import render
from view.view import AlertView, SignalView, View

ERRORS = AlertView(
    12.4, 31.5, NOW - 60, None, 0.2, 5, 5.2, "error_ratio_5xx", "5xx responses", SignalUnit.PERCENT,
    explanation="High 5xx share generated an alert - share = 12.4 %, triggered at 17:03:10 2026-11-22; "
    "the baseline is 0.2 %",
)  # fmt: skip
SLOW = AlertView(
    1.24,
    1.3,
    NOW - 900,
    NOW - 780,
    0.084,
    200,
    0.252,
    "response_time",
    "Response time",
    SignalUnit.SECONDS,
    "10.0.0.21:8080",
)
STANDING = (
    SignalView("request_rate", "Request rate", SignalUnit.HITS, "NORMAL", 1200, 1320, 1105, 10, 0, silent=False),
    SignalView(
        "traffic_drop", "Traffic drop", SignalUnit.REQUESTS, "NORMAL", 10, 4, 9.2, 60, 1, silent=False, low=True
    ),
    SignalView("error_ratio_5xx", "5xx responses", SignalUnit.PERCENT, "ALERT", 0.2, 5.2, 31.5, 5, 100, silent=False),
    SignalView(
        "unanswered", "Unanswered requests", SignalUnit.PERCENT, "NORMAL", 0.4, 10.4, None, 10, 100, silent=True
    ),
    SignalView(
        "volume_out", "Volume out", SignalUnit.BYTES, "LEARNING", None, None, None, 300, 1e6, False, flapping=True
    ),
    SignalView("dominant_client", "Largest client", SignalUnit.PERCENT, "NORMAL", 9, 39, None, 30, 1000, silent=False),
)


def draw(view: View, width: int = 110, height: int | None = None) -> list[str]:
    return render(view, width, colour=False, height=height, zone=timezone.utc).splitlines()


def test_each_active_alert_has_a_banner_and_the_signals_say_how_they_stand() -> None:
    lines = draw(replace(CALM, state="ALERT", alerts=(ACTIVE, ERRORS, SLOW, ENDED), signals=STANDING))
    start = next(number for number, line in enumerate(lines) if "Active alert" in line)
    assert lines[start : start + 11] == [
        " <<<Active alert>>>  High traffic generated an alert - hits = 1,844, triggered at 17:02:10 2026-11-22; 53.7 %",
        "   above the baseline of 1,200 (limit 1,320); of the excess: client 203.0.113.9 92.1 %",
        " <<<Active alert>>>  High 5xx share generated an alert - share = 12.4 %, triggered at 17:03:10 2026-11-22;",
        "   the baseline is 0.2 %",
        " Signals   traffic drop 9.2 /s (< 4.0 /s)   5xx responses 31.5 % (> 5.2 %)",
        "   unanswered requests too little traffic   volume out learning flapping   largest client learned",
        " Alert history (24 h)   4 alerts, longest 6 min, average 3 min 20 s",
        "    1,844 hits at 17:02:10 2026-11-22   active for 2 min   peak 2,010   baseline 1,200   limit 1,320",
        "   12.4 % 5xx responses at 17:03:10 2026-11-22   active for 1 min   peak 31.5 %   baseline 0.2 %",
        "   1.24 s response time of 10.0.0.21:8080 at 16:49:10 2026-11-22   lasted 2 min   peak 1.30 s",
        "    1,502 hits at 15:19:10 2026-11-22   lasted 2 min   peak 1,502   baseline 1,200   limit 1,320",
    ]


def test_what_the_user_has_seen_or_muted_has_no_banner_but_is_listed() -> None:
    seen, quiet = replace(ACTIVE, quiet="acknowledged"), replace(ERRORS, quiet="muted")
    lines = draw(replace(CALM, state="ALERT", alerts=(seen, quiet), signals=STANDING), 140)
    assert not [line for line in lines if "<<<" in line]
    assert any("17:02:10 2026-11-22   active for 2 min, acknowledged   peak" in line for line in lines)
    assert any("17:03:10 2026-11-22   active for 1 min, muted   peak" in line for line in lines)


def test_the_dismissal_of_a_muted_signal_is_not_told() -> None:
    over = [replace(signal, state="DISMISSED", muted=True) for signal in (STANDING[0], STANDING[2])]
    shown = replace(CALM, state="DISMISSED", dismissed_at=NOW - 10, signals=tuple(over))
    assert not [line for line in draw(shown) if "<<<" in line]


def test_on_a_screen_a_further_alert_has_one_line() -> None:
    lines = draw(replace(CALM, alerts=(ACTIVE, ERRORS), signals=STANDING), height=24)
    banners = [number for number, line in enumerate(lines) if "Active alert" in line]
    assert banners[1] - banners[0] == 2
    assert lines[banners[1] + 1].startswith(" Signals")


def test_a_dismissal_of_another_signal_is_told_with_its_name() -> None:
    over = replace(STANDING[2], state="DISMISSED")
    ended = replace(ERRORS, end=NOW - 10)
    lines = draw(replace(CALM, alerts=(ended,), signals=(STANDING[0], over)))
    assert [line for line in lines if "<<<" in line] == [
        " <<<Alert dismissed>>>  5xx responses: back within limits, dismissed at 17:04:00 2026-11-22"
    ]


def test_the_request_rate_alone_needs_no_line_of_signals() -> None:
    assert not [line for line in draw(replace(CALM, signals=STANDING[:1])) if "Signals" in line]


def test_abbreviations_keep_their_capitals_within_a_line() -> None:
    unknown = replace(STANDING[2], name="nxdomain_ratio", title="NXDOMAIN answers")
    slow = replace(STANDING[3], name="dns_response_time", title="DNS response time")
    [line] = [line for line in draw(replace(CALM, signals=(unknown, slow))) if "Signals" in line]
    assert line == " Signals   NXDOMAIN answers 31.5 % (> 5.2 %)   DNS response time too little traffic"


def test_what_a_contributor_is_called_cannot_steer_the_terminal() -> None:
    nasty = replace(ERRORS, explanation="section \x1b[2J\u202eevil")
    lines = draw(replace(CALM, alerts=(nasty,)))
    assert [line for line in lines if "<<<" in line] == [" <<<Active alert>>>  section \\x1b[2J\\u202eevil"]
    assert not [line for line in lines if "\x1b" in line or "\u202e" in line]


def test_the_history_names_the_main_contributor_where_there_is_room() -> None:
    named = replace(ENDED, contributors=(Contributor("client", "203.0.113.9", 590, 0.921),))
    view = replace(CALM, alerts=(named,))
    assert any(line.endswith("limit 1,320   client 203.0.113.9 92.1 %") for line in draw(view, 140))
    assert not any("203.0.113.9" in line for line in draw(view, 100))
