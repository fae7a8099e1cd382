"""An incident to write about, with texts that a hostile client chose."""

from dataclasses import replace
from datetime import timezone
from typing import Any

from records import ended, request
from view_samples import CALM, HEALTH, NOW, panel, row

from alerting.alert import Alert, Contributor, SignalUnit
from alerting.lesson import Amounts, Lesson, Usual
from incidents.comparison import Span
from incidents.incident import Contents, Incident, Run, Scene
from stats.statistic import SECONDS
from view.exchange_line import Discretion
from view.panel import Measure, ResponseTimes
from view.view import AlertView, SignalView, View

START = NOW - 120
"""17:02:10 2026-11-22 UTC."""
HOSTILE = "shop/<script>alert(1)</script>|`rm -rf ~`\n# [x](http://evil.example) \x1b[2J\u202e"
CONTRIBUTORS = (Contributor("client", "203.0.113.9", 592, 0.921), Contributor("section", HOSTILE, 500, 0.8))
ALERT = Alert(
    signal="request_rate",
    start=START,
    end=None,
    value=1844,
    peak=1844,
    baseline=1200,
    threshold=10,
    limit=1320,
    unit=SignalUnit.HITS,
    contributors=CONTRIBUTORS,
    explanation=f"High traffic generated an alert - hits = 1,844; of the excess: section {HOSTILE} 80.0 %",
)
SIGNAL = SignalView(
    "request_rate", "Request rate", SignalUnit.HITS, "ALERT", 1200, 1320, 1844, threshold=10, floor=0, silent=False
)
RUN = Run(
    host="web1",
    program="exercise.py",
    version="1.0",
    source="eth0 port 80",
    ports="80",
    only="",
    settings={"average_threshold": 10, "signals": ("request_rate",)},
    discretion=Discretion(),
    zone=timezone.utc,
)
LESSONS = {"request_rate": Lesson({"": 1200.0}, Usual(120.0, {"signals.requests": Amounts(1190, {HOSTILE: 7})}))}
WHOLE = Measure(1844, 1844, 4_000_000, ResponseTimes(0.2, 0.1, 0.3, 0.5, 0.9, 1.5), 18, 184)
CONTENTS = Contents(
    packets=48_210, bytes=12_400_000, first=START - 130, last=START + 9, exchanges=1990, is_complete=True
)


def alert_view(alert: Alert = ALERT, **changes: Any) -> AlertView:
    shown = {name: getattr(alert, name) for name in ("value", "peak", "start", "end", "baseline", "threshold", "limit")}
    more = {name: getattr(alert, name) for name in ("signal", "unit", "subject", "contributors", "explanation")}
    return AlertView(**shown, **more, bucket_size=120, **changes)


def bucket_view(**changes: Any) -> View:
    sections = replace(panel("Top hits by section", row(HOSTILE, 3, 592), row("shop/cart", 9, 90)), name="top_sections")
    server = row("10.0.0.21:8080", 9, 80, 1, ResponseTimes(0.2, 0.1, 0.3, 0.5, 0.9, 1.5))
    times = replace(panel("Response time", server, unit=SECONDS), name="server_response_time")
    return replace(CALM, panels=(sections, times), whole=WHOLE, health=HEALTH, **changes)


def before_view() -> View:
    sections = replace(panel("Top hits by section", row("shop/cart", 9, 2700)), name="top_sections")
    return replace(CALM, panels=(sections,), whole=Measure(36_000, 36_000), now=START - 120)


def incident(**changes: Any) -> Incident:
    shown = alert_view()
    slow = ended(request(START - 30, host="shop", target=f"/{HOSTILE}?token=secret"), 503, 1.5)
    scene = Scene(
        view=bucket_view(alerts=(shown,), signals=(SIGNAL,), started=START - 7200),
        bucket=Span(bucket_view(), 120.0),
        before=Span(before_view(), 3600.0),
        slowest=(slow,),
    )
    given: dict[str, Any] = {"scene": scene, "alerts": (ALERT,), "shown": (shown,)}
    given |= {"since": START - 130, "until": START + 10, "lessons": LESSONS}
    return Incident(run=RUN, folder="/var/lib/incidents/x y", **{**given, **changes})
