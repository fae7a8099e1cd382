"""What a View has of windows: panels with times and trends, and the chart."""

import pytest
from records import exchange, request

from alerting.monitor import Monitor
from alerting.signals.request_rate import RequestRate
from alerting.terms import Terms
from stats.loading import load
from store.distribution import ERROR
from store.store import Store
from traffic.batch import RecordBatch
from traffic.health import Health
from traffic.records import COMPLETE, RESET
from view.builder import Reading, Run, build_view
from view.view import View

START = 1_008_000.0
"""A multiple of an hour and of all slices."""
NAMES = ["request_rate", "top_domains", "status_classes", "server_response_time"]


class Site:
    """Statistics of a web site, as the program keeps them."""

    def __init__(self, names: list[str] = NAMES, retention: int = 7200) -> None:
        self.run = Run("lo port 80", START, load(names), bucket_size=10, retention=retention, rows=2)
        self.store = Store(self.run.statistics, 10, retention, 100, (120, 3600))
        self.monitor = Monitor([RequestRate(10, 20)], Terms(20, 20, retention))
        self.monitor.start(START)

    def answer(self, time: float, domain: str, status: int | None = 200, seconds: float | None = 0.25) -> None:
        """A request, and 1000 bytes of answer to it."""
        asked = request(START + time, host=domain)
        times = {"response_time": seconds, "total_time": seconds}
        ending = COMPLETE if status else RESET
        answer = exchange(asked, time=asked.time, status=status, response_bytes=1000, **times, ending=ending)
        self.store.add(RecordBatch([asked, answer]))

    def view(self, time: float, window: float | None = None) -> View:
        self.store.advance(START + time)
        reading = Reading(Health(), dropped=0)
        return build_view(START + time, self.run, self.store, self.monitor, reading, None, window)


def test_panels_whole_and_chart_are_those_of_the_window() -> None:
    site = Site()
    for time in range(0, 3000, 10):
        site.answer(time, "old" if time < 2880 else "new")
    for window, hits in (
        (10, {"new": 1}),
        (120, {"new": 12}),
        (3600, {"old": 288, "new": 12}),
        (None, {"old": 288, "new": 12}),
    ):
        view = site.view(3000, window)
        (domains, times) = view.panels
        assert view.window == (window or 7200)
        assert {row.key: row.window.count for row in domains.rows} == hits
        assert {row.recent.count for row in domains.rows if row.key == "new"} == {1}
        assert domains.whole == view.whole
        assert (view.whole.count, view.whole.volume) == (sum(hits.values()), 1000 * sum(hits.values()))
        assert times.whole.times is not None
        assert times.whole.times.average == 0.25
        assert times.whole.times.p50 == times.whole.times.slowest == pytest.approx(0.25, rel=ERROR)
        assert sum(domains.rows[0].trend) == (12 if window == 10 else domains.rows[0].window.count)


def test_statistics_that_are_drawn_have_no_panel() -> None:
    view = Site().view(10)
    assert [panel.name for panel in view.panels] == ["top_domains", "server_response_time"]


def test_the_chart_has_the_window_in_at_most_240_slices() -> None:
    site = Site()
    for time in range(0, 7200, 10):
        site.answer(time, "a", 200 if time < 3600 else 503)
    chart = site.view(7200).chart
    assert chart is not None
    assert (chart.start, chart.width, len(chart.rates)) == (START, 40, 180)
    assert chart.rates == (0.1,) * 180
    assert chart.classes == (("2xx", (4,) * 90 + (0,) * 90), ("5xx", (0,) * 90 + (4,) * 90))
    site.answer(7205, "a", None)
    chart = site.view(7210).chart
    assert chart is not None
    assert (chart.start, chart.rates[-1]) == (START, 0.1)  # the slice under way: one request in its first 10 s
    assert chart.classes[-1] == ("(no response)", (0,) * 180 + (1,))
    hour = site.view(7220, 3600).chart
    assert hour is not None
    assert (hour.start, hour.width) == (START + 3620, 20)
    assert [(name, sum(counts)) for name, counts in hour.classes] == [("5xx", 358), ("(no response)", 1)]


def test_the_chart_of_a_short_window_is_by_bucket() -> None:
    site = Site()
    for time in range(0, 600, 10):
        site.answer(time, "a")
    for window in (10, 120):
        chart = site.view(600, window).chart
        assert chart is not None
        assert (chart.start, chart.width, chart.rates) == (START + 480, 10, (0.1,) * 12)


def test_before_the_first_bucket_the_chart_is_empty_and_without_its_statistic_there_is_none() -> None:
    chart = Site().view(5).chart
    assert chart is not None
    assert (chart.rates, chart.classes) == ((), ())
    assert Site(["top_domains"]).view(10).chart is None
    alone = Site(["request_rate"])
    alone.answer(1, "a")
    chart = alone.view(10).chart
    assert chart is not None
    assert (chart.rates, chart.classes) == ((0.1,), ())


def test_what_was_not_timed_has_no_times_rather_than_zeros() -> None:
    site = Site()
    site.answer(1, "a", None, None)
    (domains, _) = site.view(10).panels
    assert domains.rows[0].window.times is None
