"""Views to draw: one calm, and the same with what the tests change."""

from stats.statistic import BYTES, HITS, SECONDS, Unit
from view.panel import Measure, Panel, ResponseTimes, Row
from view.view import AlertView, EnforcingView, HealthView, LearningView, View

NOW = 1795367050.0
"""17:04:10 2026-11-22 UTC."""

HEALTH = HealthView(
    packet_rate=3214.2,
    frames=2_718_281,
    requests=48_210,
    dropped=0,
    queue_lost=0,
    gaps=0,
    missing_bytes=0,
    unpaired_responses=0,
    unanswered_requests=0,
    evicted=0,
    connections=41,
    unreadable=(("TLS", 12),),
)
TROUBLED = HealthView(
    packet_rate=3214.2,
    frames=98_796,
    requests=48_210,
    dropped=1204,
    queue_lost=12,
    gaps=3,
    missing_bytes=12_412,
    unpaired_responses=2,
    unanswered_requests=5,
    evicted=3,
    connections=41,
    unreadable=(("TLS", 12), ("HTTP/2", 3)),
    oddities=(("bad chunk size", 12), ("bare CR", 1)),
    warnings=("eth0 is down, waiting for it",),
)

ENFORCING = EnforcingView(1200, 120, 10, 1320, 1105, 24)
LEARNING = LearningView(412, 41, 120, 10.05)
EXPLANATION = (
    "High traffic generated an alert - hits = 1,844, triggered at 17:02:10 2026-11-22; 53.7 % above the baseline of "
    "1,200 (limit 1,320); of the excess: client 203.0.113.9 92.1 %"
)
ACTIVE = AlertView(1844, 2010, NOW - 120, None, 1200, 10, 1320, explanation=EXPLANATION)
ENDED = AlertView(1502, 1502, NOW - 6300, NOW - 6180, 1200, 10, 1320)
NOTHING = Measure(0, 0)
NO_REST = Row("(other)", NOTHING, NOTHING)


def row(key: str, recent: int, count: int, amount: float = 1, times: ResponseTimes | None = None) -> Row:
    return Row(key, Measure(recent, recent * amount), Measure(count, count * amount, times=times))


def panel(title: str, *rows: Row, unit: Unit = HITS, other: Row = NO_REST) -> Panel:
    parts = [row.window for row in (*rows, other)]
    whole = Measure(sum(part.count for part in parts), sum(part.total for part in parts))
    return Panel(title.lower().replace(" ", "_"), title, unit, rows, other, whole)


PANELS = (
    panel(
        "Top hits by section",
        row("shop.example.com/cart", 212, 48210),
        row("日本語.example.jp/ニュース", 14, 2770),
        row("a-very-long-host-name-that-does-not-fit.internal.svc.cluster.local/healthz", 17, 1229),
        other=row("(other)", 41, 9120),
    ),
    panel("Top hits by domain", row("shop.example.com", 410, 98002), row("", 0, 3)),
    panel("Downloaded per domain", row("shop.example.com", 391, 96420, 43211), unit=BYTES),
    panel(
        "Average response time per server",
        row("10.0.0.21:8080", 0, 77, 0.084, ResponseTimes(0.084, 0.07, 0.16, 0.31, 0.9, 1.1)),
        row("10.0.0.22:8080", 12, 80, 1.2, ResponseTimes(1.2, 1.1, 1.6, 2.4, 8.0, 12.0)),
        unit=SECONDS,
    ),
    panel("Top hits by method"),
)

CALM = View(
    now=NOW,
    started=NOW - 860,
    source="eth0 port 80",
    state="NORMAL",
    learning=None,
    enforcing=ENFORCING,
    health=HEALTH,
    alerts=(ENDED,),
    longest_alert=360,
    average_alert=200,
    dismissed_at=None,
    request_rate=(0, 1, 2, 4, 8, 16, 32, 48, 31, 9.2),
    peak_rate=48,
    requests=102_331,
    bucket_size=10,
    retention=86400,
    window=86400,
    panels=PANELS,
)
