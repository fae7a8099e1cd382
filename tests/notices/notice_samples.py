"""Provides alerts, notices and receivers for the tests."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from alerting.alert import Alert, Contributor, SignalUnit
from alerting.events import AlertDismissed, AlertRaised
from notices.delivery import Limits
from notices.notice import Kind, Notice, notice_of

HOST = "web-1.example.com"
SOURCE = "eth0 port 80"
START = 1_795_366_930.0
"""2026-11-22T17:02:10Z."""
LIMITS = Limits(queue=10, retry_limit=60)

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
    contributors=(
        Contributor("section", "shop.example.com/cart", 1180, 0.64),
        Contributor("client", "192.0.2.7", 400, 0.217),
    ),
    explanation="High traffic generated an alert - hits = 1,844, triggered at 17:02:10 2026-11-22; 53.7 % above the "
    "baseline of 1,200 (limit 1,320); of the excess: section shop.example.com/cart 64.0 %, client 192.0.2.7 21.7 %",
)
OVER = replace(ALERT, end=START + 360, peak=2001.5)

RAISED = Notice(Kind.RAISED, START, ALERT, HOST, SOURCE)
DISMISSED = Notice(Kind.DISMISSED, START + 360, OVER, HOST, SOURCE)
FLAPPING = Notice(Kind.FLAPPING, START + 400, OVER, HOST, SOURCE, changes=9)
CALM = Notice(Kind.CALM, START + 4000, OVER, HOST, SOURCE)
ALL = (RAISED, DISMISSED, FLAPPING, CALM)

RAISE = AlertRaised(START, ALERT)
DISMISSAL = AlertDismissed(START + 360, OVER)


def about(text: str, name: str = "shop") -> Notice:
    """Return a notice with any text and contributor."""
    contributors = (Contributor("section", name, 3, 0.5),)
    alert = replace(ALERT, explanation=text, subject=name, contributors=contributors)
    notice = notice_of(AlertRaised(START, alert), HOST, SOURCE)
    assert notice is not None
    return notice


def soon(condition: Callable[[], object], seconds: float = 60) -> bool:
    """Return whether the condition becomes true soon; for other threads and processes."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Told:
    """A receiver that records its notices, and fails on request."""

    def __init__(self, *failures: Exception, name: str = "told", repeat: float | None = None) -> None:
        self.name = name
        self.repeat = repeat
        self.notices: list[Notice] = []
        self.failures = list(failures)
        self.open = threading.Event()
        self.open.set()
        self.cancelled = False

    def send(self, notice: Notice) -> None:
        assert self.open.wait(60)
        if self.failures:
            raise self.failures.pop(0)
        self.notices.append(notice)

    def cancel(self) -> None:
        self.cancelled = True
