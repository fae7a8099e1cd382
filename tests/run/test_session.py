"""A session shows Views at the right time."""

from collections.abc import Sequence

import pytest
from records import exchange, finding, request

from alerting.alert import Alert
from alerting.events import AlertRaised, Event
from capture.intake import Status
from capture.source import Counters
from detection.pipeline import Detection
from exercise_config import Config
from run.session import Session
from stats.loading import load
from store.filtering.filter import parse
from traffic.batch import Batch, RecordBatch
from traffic.finding import Finding
from traffic.health import Health
from traffic.records import Request
from view.outlet import Outlet
from view.view import View

NAMES = ("request_rate", "top_sections")
STATUS = Status(Health(), Counters(0, 0), ())
START = 1_800_000_000.0


class Seen(Outlet):
    """Records the time and the requests of each View."""

    watches = True

    def __init__(self) -> None:
        self.views: list[tuple[float, int]] = []

    def show(self, view: View, refreshed: bool) -> None:
        self.views.append((view.now - START, view.requests))


def session(seen: Sequence[Seen]) -> Session:
    return Session(Config(statistics=NAMES, signals=("request_rate",)), load(NAMES), "eth0 port 80", [], seen)


def test_a_live_run_shows_an_empty_view_at_once() -> None:
    seen = Seen()
    run = session([seen])
    run.begin(START, STATUS)
    assert seen.views == [(0.0, 0)]
    panels = run.view(None, 10)
    assert panels is not None
    assert [panel.name for panel in panels.panels] == ["top_sections"]


def test_records_are_shown_after_the_timeout() -> None:
    seen = Seen()
    run = session([seen])
    run.begin(START, STATUS)
    assert run.due == START + Config().timeout
    run.count(RecordBatch([request(START + 1, host="shop")]))
    run.tick(run.due, STATUS)
    assert seen.views == [(0.0, 0), (2.0, 1)]


def test_the_screen_says_that_figures_are_too_low_while_packets_are_dropped() -> None:
    run = session([])
    run.begin(START, STATUS)
    told = []
    for step, dropped in enumerate((0, 60, 60, 60), start=1):
        run.judge(START + 6 * step, Status(Health(), Counters(40 * step, dropped), ()))
        view = run.view(None)
        assert view is not None
        told.append((view.health.dropped_share, view.health.warnings))
    sentence = (
        "figures are too low: 42.9 % of the traffic was dropped; nothing is learned, and missing traffic does not alert"
    )
    assert told[0] == (0, ())
    assert told[2] == (60 / 140, (sentence,))
    assert told[3] == (0, ())


def test_lost_records_make_figures_too_low_like_dropped_packets() -> None:
    run = session([])
    run.begin(START, STATUS)
    run.count(RecordBatch([request(START + 1)] * 3))
    run.judge(START + 2, Status(Health(lost=1), Counters(100, 0), ()))
    view = run.view(None)
    assert view is not None
    assert view.health.dropped_share == 0.25


class Kept:
    """Keeps the evidence of alerts in a folder each, and notes when it was told of what."""

    def __init__(self) -> None:
        self.told: list[float] = []
        self.folder = "/incidents/1"

    def raised(self, alert: Alert) -> str:
        self.told.append(alert.start - START)
        return self.folder

    def ended(self, alert: Alert) -> None:
        self.told.append(-1)

    def advance(self, now: float) -> None:
        self.told.append(now - START)


class Heard(Outlet):
    """Records the alerts that were raised."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def event(self, event: Event) -> None:
        if isinstance(event, AlertRaised):
            self.alerts.append(event.alert)


def flooded(kept: Kept, heard: Heard) -> Session:
    """Return a session that learned a request in each bucket, and was flooded in the second one."""
    config = Config(statistics=NAMES, signals=("request_rate",), average_bucket_size=10, average_learning_duration=10)
    run = Session(config, load(NAMES), "eth0 port 80", [], [heard])
    run.keep_evidence(kept)
    run.start(START)
    run.count(RecordBatch([request(START + 1), *[request(START + 11)] * 9]))
    run.judge(START + 10, STATUS)
    run.judge(START + 20, STATUS)
    return run


def test_the_folder_of_the_evidence_is_named_in_the_event_and_on_the_screen() -> None:
    kept, heard = Kept(), Heard()
    view = flooded(kept, heard).view(None)
    assert view is not None
    (alert,) = heard.alerts
    assert alert.incident == view.alerts[0].incident == "/incidents/1"
    assert alert.explanation == view.alerts[0].explanation
    assert alert.explanation.endswith("(limit 1.1); evidence in /incidents/1")
    assert kept.told == [10, 20, 20], "all was counted before the alert was judged"


def test_without_evidence_no_folder_is_named() -> None:
    kept, heard = Kept(), Heard()
    kept.folder = ""
    flooded(kept, heard)
    assert heard.alerts[0].incident == ""
    assert "evidence" not in heard.alerts[0].explanation


@pytest.mark.parametrize(("only", "expected"), [("", 3), ("severity>=high", 1), ("host:elsewhere", 0)])
def test_findings_are_counted_like_records_and_filtered_like_them(only: str, expected: int) -> None:
    class Always:
        name, title, records = "always", "Always", (Request,)

        def look(self, batch: Batch) -> list[Finding]:
            return [finding(time=START, severity=word) for word in ("low", "medium", "high")]

    statistics = load(["request_rate", "top_findings"])
    run = Session(Config(signals=("request_rate",)), statistics, "eth0 port 80", [], [], only=parse(only))
    run.detect_with(Detection([Always()]))
    run.begin(START, STATUS)
    asked = request(START, host="elsewhere")
    run.count(RecordBatch([asked, exchange(asked, time=START + 0.1)]))
    run.tick(START + 10, STATUS)
    view = run.view(None)
    assert view is not None
    assert view.panels[0].whole.count == expected
