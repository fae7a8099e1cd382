"""The console dashboard by example. The pictures are the specification: change them on purpose only."""

import re
from dataclasses import replace
from datetime import timezone

import pytest
from view_samples import ACTIVE, CALM, ENDED, ENFORCING, LEARNING, NOW, TROUBLED
from wcwidth import wcswidth

from alerting.alert import SignalUnit
from dashboard.console import render
from view.view import EnforcingView, SignalView, View

ALERT = replace(
    CALM,
    state="ALERT",
    health=TROUBLED,
    alerts=(ACTIVE, ENDED),
    enforcing=replace(ENFORCING, count=1402),
)
DISMISSED = replace(CALM, state="DISMISSED", dismissed_at=NOW - 10)
START = replace(
    CALM,
    state="LEARNING",
    learning=LEARNING,
    enforcing=None,
    alerts=(),
    longest_alert=None,
    average_alert=None,
    request_rate=(),
    peak_rate=0,
    requests=0,
    panels=(),
)

CALM_80 = """\
 HTTP monitor   eth0 port 80   up 00:14:20                  17:04:10 2026-11-22
 ENFORCING   baseline 1,200 /120 s   alert above 1,320 (+10 %)   so far 1,105
   next check in 24 s
 capture 3,214 packets/s   dropped 0   queue lost 0   gaps 0   unpaired 0
   unreadable: 12 TLS connections

 Alert history (24 h)   1 alert, longest 6 min, average 3 min 20 s
   1,502 hits at 15:19:10 2026-11-22   lasted 2 min   peak 1,502
 Request rate   ▁▂▂▂▂▃▆█▆▂   now 9.2 /s   peak 48 /s in 24 h

 Top hits by section                                              10 s     24 h
   shop.example.com/cart                                           212   48,210
   日本語.example.jp/ニュース                                       14    2,770
   a-very-long-host-name-that-do…al.svc.cluster.local/healthz       17    1,229
   (other)                                                          41    9,120

 Top hits by domain                                               10 s     24 h
   shop.example.com                                                410   98,002
   (empty)                                                           0        3

 Downloaded per domain                                            10 s     24 h
   shop.example.com                                            16.9 MB   4.2 GB

 Average response time per server                                 10 s     24 h
   10.0.0.21:8080                     p95 310 ms   p99 900 ms        -  84.0 ms
   10.0.0.22:8080                     p95 2.40 s   p99 8.00 s   1.20 s   1.20 s

 Top hits by method                                               10 s     24 h
   nothing yet"""

ALERT_120 = """\
 HTTP monitor   eth0 port 80   up 00:14:20                                                          17:04:10 2026-11-22
 ALERT   baseline 1,200 /120 s   alert above 1,320 (+10 %)   so far 1,402 (above)   next check in 24 s
 capture 3,214 packets/s   dropped 1,204 (1.2 %)   queue lost 12   gaps 3 (12.4 kB missing)
   unpaired 7 (2 responses, 5 requests)   evicted 3 connections   unreadable: 12 TLS, 3 HTTP/2 connections
 oddities   bad chunk size 12   bare CR 1
 ! eth0 is down, waiting for it

 <<<Active alert>>>  High traffic generated an alert - hits = 1,844, triggered at 17:02:10 2026-11-22; 53.7 % above the
   baseline of 1,200 (limit 1,320); of the excess: client 203.0.113.9 92.1 %
 Alert history (24 h)   2 alerts, longest 6 min, average 3 min 20 s
   1,844 hits at 17:02:10 2026-11-22   active for 2 min   peak 2,010   baseline 1,200   limit 1,320
   1,502 hits at 15:19:10 2026-11-22   lasted 2 min   peak 1,502   baseline 1,200   limit 1,320
 Request rate   ▁▂▂▂▂▃▆█▆▂   now 9.2 /s   peak 48 /s in 24 h   102,331 requests in 24 h

 Top hits by section                         10 s     24 h    Top hits by domain                          10 s     24 h
   shop.example.com/cart                      212   48,210      shop.example.com                           410   98,002
   日本語.example.jp/ニュース                  14    2,770      (empty)                                      0        3
   a-very-long-host-n…ster.local/healthz       17    1,229
   (other)                                     41    9,120

 Downloaded per domain                       10 s     24 h    Average response time per server            10 s     24 h
   shop.example.com                       16.9 MB   4.2 GB      10.0.0.21:8080             p95 310 ms        -  84.0 ms
                                                                10.0.0.22:8080             p95 2.40 s   1.20 s   1.20 s

 Top hits by method                          10 s     24 h
   nothing yet"""


def draw(view: View, width: int, **how: int | bool | None) -> str:
    return render(view, width, **{"colour": False, "zone": timezone.utc, **how})  # type: ignore[arg-type]


def test_a_calm_view_on_80_columns() -> None:
    assert draw(CALM, 80) == CALM_80


def test_trouble_on_120_columns() -> None:
    assert draw(ALERT, 120) == ALERT_120


def test_learning_shows_the_count_the_estimated_rate_and_the_time_left() -> None:
    assert draw(START, 120).splitlines()[1] == (
        " LEARNING   412 requests so far   estimated rate 10 /s   1 min 19 s left   [#######.............] 34 %"
    )


def test_learning_that_restarted_says_so() -> None:
    again = replace(START, learning=replace(LEARNING, silence=240))
    assert "   restarted: no request for 4 min   " in draw(again, 160).splitlines()[1]
    ended = draw(replace(again, ended=True), 120).splitlines()[1]
    assert ended == " ENDED   412 requests   no baseline: no request in the first 4 min"


def test_the_state_of_another_signal_is_the_heading() -> None:
    drop = SignalView("traffic_drop", "Traffic drop", SignalUnit.REQUESTS, "ALERT", 5, 2, 1, 60, 1, silent=False)
    shown = replace(CALM, state="ALERT", signals=(drop,))
    assert draw(shown, 120).splitlines()[1].startswith(" ALERT Traffic drop   baseline 1,200 /120 s   ")
    ended = draw(replace(shown, ended=True), 120).splitlines()[1]
    assert ended == " ENDED   ALERT Traffic drop   baseline 1,200 /120 s   alert above 1,320 (+10 %)"


def test_the_alert_of_a_muted_signal_stands_behind_the_state() -> None:
    drop = SignalView("traffic_drop", "Traffic drop", SignalUnit.REQUESTS, "ALERT", 5, 2, 1, 60, 1, False, muted=True)
    shown = replace(CALM, state="ALERT", signals=(drop,))
    heading = draw(shown, 120).splitlines()[1]
    assert heading.startswith(" ENFORCING   muted alert: Traffic drop   baseline 1,200 /120 s   ")


def test_counts_of_earlier_runs_are_announced() -> None:
    assert "   includes history since 15:04\n" in draw(replace(CALM, history_since=NOW - 7200), 160) + "\n"
    assert "includes history since 17:04 2026-11-21" in draw(replace(CALM, history_since=NOW - 86400), 160)


def test_before_the_first_bucket_nothing_is_made_up() -> None:
    assert draw(START, 120).splitlines()[-2:] == [
        " Alert history (24 h)   no alerts",
        " Request rate   no full interval yet   peak 0 /s in 24 h   0 requests in 24 h",
    ]


def test_the_dismissal_is_told_while_the_state_is_dismissed() -> None:
    assert [line for line in draw(DISMISSED, 120).splitlines() if "<<<" in line] == [
        " <<<Alert dismissed>>>  Request rate is back within its limit, dismissed at 17:04:00 2026-11-22"
    ]
    assert "<<<" not in draw(CALM, 120)


def test_the_active_alert_is_told_in_the_agreed_words_on_any_width() -> None:
    told = "<<<Active alert>>>  High traffic generated an alert - hits = 1,844, triggered at 17:02:10 2026-11-22"
    for width in range(60, 201):
        assert told in re.sub(r"\n {3}", " ", draw(ALERT, width))


@pytest.mark.parametrize(
    ("width", "times"),
    [
        (60, "p95 2.40 s"),
        (80, "p95 2.40 s   p99 8.00 s"),
        (100, "p50 1.10 s   p95 2.40 s   p99 8.00 s"),
    ],
)
def test_as_many_percentiles_are_shown_as_there_is_room_for(width: int, times: str) -> None:
    [line] = [line for line in draw(CALM, width).splitlines() if "10.0.0.22:8080" in line]
    assert line.split(maxsplit=1)[1].rsplit("  ", 2)[0].strip() == times


def test_colour_says_nothing_that_the_words_do_not() -> None:
    for view in (CALM, ALERT, DISMISSED, START):
        coloured = draw(view, 100, colour=True)
        assert "\x1b[" in coloured
        assert re.sub(r"\x1b\[\d+m", "", coloured) == draw(view, 100)


def test_colour_is_as_the_caller_says_whatever_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" in draw(ALERT, 100, colour=True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in draw(ALERT, 100)


def test_ascii_is_enough_where_there_is_no_more() -> None:
    drawn = draw(ALERT, 80, ascii_only=True)
    assert drawn.isascii()
    assert "\\u65e5\\u672c\\u8a9e.jp" in draw(replace(CALM, source="日本語.jp"), 80, ascii_only=True)


@pytest.mark.parametrize(("width", "panels"), [(60, 1), (80, 1), (120, 2), (200, 3)])
def test_panels_are_abreast_where_there_is_room(width: int, panels: int) -> None:
    ranks = [line for line in draw(CALM, width).splitlines() if "Top hits by section" in line]
    assert len(re.findall("10 s", ranks[0])) == panels


@pytest.mark.parametrize("width", [1, 5, 20, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("height", [1, 5, 10, 24, 40])
def test_a_screen_is_never_overfull_and_keeps_its_top(width: int, height: int) -> None:
    full = draw(ALERT, width).splitlines()
    drawn = draw(ALERT, width, height=height).splitlines()
    assert len(drawn) <= height
    assert all(wcswidth(line) < max(3, width) for line in drawn)
    assert drawn[: min(height - 1, 5)] == full[: min(height - 1, 5)]


def test_on_a_small_screen_rows_give_way_before_panels_do() -> None:
    drawn = draw(CALM, 80, height=24)
    assert [panel.title for panel in CALM.panels if panel.title[:20] not in drawn] == []
    assert len(drawn.splitlines()) <= 24 < len(draw(CALM, 80).splitlines())


def test_a_screen_lists_the_latest_alerts_and_counts_the_others() -> None:
    many = replace(CALM, alerts=tuple(replace(ENDED, value=hits) for hits in range(2000, 1990, -1)))
    lines = draw(many, 120, height=24).splitlines()
    start = lines.index(" Alert history (24 h)   10 alerts, longest 6 min, average 3 min 20 s")
    assert [line[:14] for line in lines[start + 1 : start + 4]] == [
        "   2,000 hits ",
        "   1,999 hits ",
        "   and 8 earli",
    ]
    assert draw(many, 120).count(" hits at ") == 10


def test_hostile_keys_are_shown_escaped_and_keep_the_columns() -> None:
    first = CALM.panels[0]
    rows = tuple(
        replace(first.rows[0], key=key)
        for key in ("\x1b[2J", "\u202egnp.exe", "אב", "日本\u200b", "e\u0301" * 9, "👩" * 90)
    )
    lines = draw(replace(CALM, panels=(replace(first, rows=rows),)), 60).splitlines()
    shown = [line for line in lines if line.endswith("48,210")]
    assert len(shown) == len(rows)
    assert {wcswidth(line) for line in shown} == {59}
    assert "\\x1b[2J" in shown[0]
    assert "\\u202egnp.exe" in shown[1]


def test_panels_that_do_not_fit_are_named() -> None:
    lines = render(CALM, 80, colour=False, zone=timezone.utc, height=15).splitlines()
    assert len(lines) <= 15
    assert lines[-1].startswith(" Not shown (a taller window is needed): ")
    assert "Top hits by method" in lines[-1]


def test_a_season_that_knows_too_little_has_no_limit_and_another_threshold_is_not_told() -> None:
    enforcing = EnforcingView(1200, 120, 10, None, 900, 24)
    assert "no limit known yet" in render(replace(CALM, enforcing=enforcing), 160, colour=False)
    enforcing = replace(enforcing, limit=1500.0)
    assert "alert above 1,500   so far" in render(replace(CALM, enforcing=enforcing), 160, colour=False)
