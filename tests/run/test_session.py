"""A session shows Views at the right time."""

from collections.abc import Sequence

from records import request

from capture.intake import Status
from capture.source import Counters
from exercise_config import Config
from run.session import Session
from stats.loading import load
from traffic.batch import RecordBatch
from traffic.health import Health
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
