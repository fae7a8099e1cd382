from collections import Counter
from dataclasses import dataclass, replace

from records import request

from alerting.monitor import Monitor
from alerting.signals.request_rate import RequestRate
from alerting.terms import Terms
from stats.statistic import HITS, SECONDS, Statistic
from store.store import Store
from store.watched import Watched
from traffic.batch import RecordBatch
from traffic.health import Health
from view.builder import Reading, Run, build_view
from view.panel import Row
from view.view import AlertView, EnforcingView, LearningView, View

START = 1_000_000.0


@dataclass
class Visit:
    time: float
    page: str
    seconds: float = 0.5


class Rate:
    name, title, unit, record = "request_rate", "Requests", HITS, Visit

    def key(self, visit: Visit) -> str:
        return "requests"


class Pages:
    name, title, unit, record = "pages", "Top pages", HITS, Visit

    def key(self, visit: Visit) -> str:
        return visit.page


class Time:
    name, title, unit, record = "time", "Average time", SECONDS, Visit

    def key(self, visit: Visit) -> str:
        if visit.page == "/broken":
            raise ValueError("no such page")
        return visit.page

    def amount(self, visit: Visit) -> float:
        return visit.seconds


class Rare:
    name, title, unit, record, only_when_seen = "rare", "Rare pages", HITS, Visit, True

    def key(self, visit: Visit) -> str | None:
        return visit.page if visit.page == "/rare" else None


def told(row: Row) -> tuple[str, int, int]:
    """Key, and hits in the last bucket and in the window."""
    return row.key, row.recent.count, row.window.count


class Site:
    """A store and a monitor, driven as the program does."""

    def __init__(self, *statistics: Statistic) -> None:
        self.run = Run("lo port 80", START, statistics, bucket_size=10, retention=3600, rows=2)
        self.monitor = Monitor([RequestRate(10, 20)], Terms(20, 20, 3600))
        self.store = Store(statistics, 10, 3600, 100)
        self.monitor.start(START)

    def visits(self, time: float, *pages: str) -> None:
        """For each a record that the statistics count, and one that the monitor does."""
        at = START + time
        batch = RecordBatch([record for page in pages for record in (Visit(at, page), request(at, target=page))])
        self.store.add(batch)
        self.monitor.add(batch)

    def view(self, time: float, reading: Reading | None = None, previous: View | None = None) -> View:
        self.store.advance(START + time)
        self.monitor.advance(START + time)
        quiet = Reading(Health(), dropped=0)
        return build_view(START + time, self.run, self.store, self.monitor, reading or quiet, previous)


def test_while_learning_the_view_tells_how_far_it_is() -> None:
    site = Site(Rate())
    site.visits(1, "/", "/", "/a")
    view = site.view(10)
    assert (view.state, view.enforcing) == ("LEARNING", None)
    assert view.learning == LearningView(count=3, elapsed=10, duration=20, rate=0.3)


def test_an_alert_is_in_the_view_until_it_is_over() -> None:
    site = Site(Rate())
    site.visits(1, *"/" * 10)
    site.visits(21, *"/" * 12)
    view = site.view(45)
    active = AlertView(
        value=12, peak=12, start=START + 40, end=None, baseline=10, threshold=10, limit=11, bucket_size=20
    )
    assert (view.state, view.learning, view.alerts, view.longest_alert) == ("ALERT", None, (active,), 5)
    assert view.enforcing == EnforcingView(10, 20, 10, 11, 0, 15)
    view = site.view(65)
    assert (view.state, view.dismissed_at) == ("DISMISSED", START + 60)
    assert view.alerts == (replace(active, end=START + 60),)
    assert (view.longest_alert, view.average_alert) == (20, 20)


def test_a_panel_of_rare_traffic_is_shown_once_it_was_seen_and_until_it_is_forgotten() -> None:
    site = Site(Pages(), Rare())
    site.visits(1, "/")
    assert [(panel.name, panel.seen) for panel in site.view(10).panels] == [("pages", True), ("rare", False)]
    assert [panel.name for panel in site.view(10).shown] == ["pages"]
    site.visits(11, "/rare")
    assert [panel.name for panel in site.view(11).shown] == ["pages", "rare"], "before its bucket ends"
    assert [panel.name for panel in site.view(1800).shown] == ["pages", "rare"], "though not in the last bucket"
    assert [panel.name for panel in site.view(3700).shown] == ["pages"]


class Kinds:
    name, title, unit, record, only_when_seen, usual = "kinds", "Kinds", HITS, Visit, True, frozenset({"/a", "/b"})

    def key(self, visit: Visit) -> str:
        return visit.page


def test_a_panel_waits_for_an_unusual_key_and_then_has_all_of_them() -> None:
    site = Site(Kinds())
    site.visits(1, "/a", "/a", "/b")
    assert site.view(10).shown == ()
    site.visits(11, "/rare")
    (panel,) = site.view(20).shown
    assert [row.key for row in panel.rows] == ["/a", "/b"]
    assert panel.other.window.count == 1


def test_top_lists_are_panels_and_the_request_rate_is_a_chart() -> None:
    site = Site(Rate(), Time(), Pages())
    site.visits(1, "/", "/", "/a")
    site.visits(11, "/", "/b", "/b", "/c", "/c", "/c")
    view = site.view(20)
    assert (view.request_rate, view.peak_rate, view.requests) == ((0.3, 0.6), 0.6, 9)
    assert [panel.title for panel in view.panels] == ["Average time", "Top pages"]
    assert [told(row) for row in view.panels[1].rows] == [("/", 1, 3), ("/c", 3, 3)]
    assert told(view.panels[1].other) == ("(other)", 2, 3)
    assert view.panels[0].rows[0].window.total == 1.5


def test_the_rate_of_the_first_bucket_is_that_of_its_watched_part() -> None:
    site, watched = Site(Rate()), Watched()
    watched.begin(START + 8)
    watched.advance(START + 20)
    site.run = replace(site.run, started=START + 8, watched=watched)
    site.visits(9, "/", "/", "/")
    site.visits(12, "/", "/", "/", "/", "/")
    view = site.view(20)
    assert (view.request_rate, view.peak_rate) == ((1.5, 0.5), 1.5)
    assert view.chart is not None
    assert view.chart.rates == (8 / 12,)


def test_a_time_shorter_than_a_second_makes_no_high_rate() -> None:
    site, watched = Site(Rate()), Watched()
    watched.begin(START + 9.9)
    watched.advance(START + 10)
    site.run = replace(site.run, watched=watched)
    site.visits(9.95, "/", "/")
    assert site.view(10).request_rate == (2.0,)


def test_without_a_statistic_of_the_rate_there_is_no_chart_rather_than_zeros() -> None:
    assert Site(Pages()).view(10).request_rate is None


def test_a_broken_statistic_and_late_records_are_named() -> None:
    site = Site(Rate(), Time())
    site.visits(1, "/broken")
    site.view(4000)
    site.visits(5, "/")
    health = site.view(4000, Reading(Health(), 0, warnings=("lo is down",))).health
    assert health.warnings == ("lo is down", "statistic time was disabled: ValueError: no such page")
    assert health.oddities == (("record too late to count", 1),)


def test_what_the_capture_and_the_decoder_counted_is_handed_on() -> None:
    counted = Health(frames=500, requests=9, gaps=2, missing_bytes=3, unpaired_responses=4, unanswered_requests=5)
    counted.evicted, counted.connections, counted.lost = 6, 7, 12
    counted.unreadable, counted.oddities = Counter({"HTTP/2": 1, "TLS": 2, "other": 0}), Counter({"bare CR": 8})
    health = Site(Rate()).view(10, Reading(counted, dropped=11)).health
    assert (health.frames, health.requests, health.dropped, health.queue_lost) == (500, 9, 11, 12)
    assert (health.gaps, health.missing_bytes, health.evicted, health.connections) == (2, 3, 6, 7)
    assert (health.unpaired_responses, health.unanswered_requests) == (4, 5)
    assert health.unreadable == (("TLS", 2), ("HTTP/2", 1))
    assert health.oddities == (("bare CR", 8),)


def test_the_packet_rate_is_that_since_the_last_view() -> None:
    site = Site(Rate())
    first = site.view(10, Reading(Health(frames=500), 0))
    second = site.view(12, Reading(Health(frames=700), 0), first)
    again = site.view(12, Reading(Health(frames=700), 0), second)
    assert [view.health.packet_rate for view in (first, second, again)] == [50, 100, 100]
