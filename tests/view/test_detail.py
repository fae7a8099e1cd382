"""The detail of a row, and the histogram of times."""

from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given, strategies
from records import exchange, request

from stats.top_sections import TopSections
from store.distribution import Distribution, bin_of
from store.filtering.filter import of_key, parse
from store.lens import Lens
from store.recent import Recent
from store.store import Store
from traffic.batch import RecordBatch
from traffic.records import COMPLETE, RESET, Exchange
from view.detail import STATISTICS, Bar, DetailView, build_detail, filter_view, histogram
from view.view import FilterView

SLOW: Final = (0.05, 0.06, 0.3, 0.7)


def visited(time: float, target: str, status: int | None, took: float | None) -> Exchange:
    asked = request(time, method="GET" if took != 0.7 else "POST", host="shop", target=target)
    ending = RESET if status is None else COMPLETE
    end = time + (took or 0.0)
    return exchange(
        asked, time=end, status=status, response_bytes=1000, response_time=took, total_time=took, ending=ending
    )


def detail(window: float = 600, wanted: str = "") -> DetailView:
    recent = Recent(100, 10**6)
    recent.take(RecordBatch(visited(1000 + number, "/cart/add", 200, took) for number, took in enumerate(SLOW)))
    recent.take(
        RecordBatch(
            [visited(1010, "/cart", None, None), visited(1011, "/help", 404, 9.0), visited(1031, "/cart", 500, 0.05)]
        )
    )
    lens = Lens(of_key(TopSections(), "shop/cart") & parse(wanted), recent, Store(STATISTICS, 10, 600, 100))
    lens.replay(100)
    lens.advance(1040)
    return build_detail(1040, "Top hits by section", "shop/cart", lens, window, 3)


def test_a_detail_has_all_about_one_key() -> None:
    view = detail()
    assert (view.title, view.key, view.window, view.now) == ("Top hits by section", "shop/cart", 600, 1040)
    assert view.waiting == 0
    assert view.filter == FilterView('top_sections="shop/cart"', 6, 7, 1000.05)
    assert (view.whole.count, view.whole.volume) == (6, 6000)
    assert view.whole.times is not None
    assert view.whole.times.p50 == pytest.approx(0.06, rel=0.01)
    assert view.whole.times.slowest == pytest.approx(0.7, rel=0.01)
    assert [(row.key, row.window.count) for row in view.statuses.rows] == [("200", 4), ("(no response)", 1), ("500", 1)]
    assert [(row.key, row.window.count) for row in view.methods.rows] == [("GET", 5), ("POST", 1)]
    assert [slow.response_time for slow in view.slowest] == [0.7, 0.3, 0.06]
    assert [late.status for late in view.latest] == [500, None, 200]
    assert view.histogram == (Bar(0.02, 0.05, 2), Bar(0.05, 0.1, 1), Bar(0.1, 0.2, 0), Bar(0.2, 0.5, 1), Bar(0.5, 1, 1))


def test_a_detail_has_its_rate_and_classes_over_time() -> None:
    chart = detail().chart
    assert chart is not None
    assert sum(chart.known) * chart.width == pytest.approx(6)
    assert {name: sum(counts) for name, counts in chart.classes} == {"2xx": 4, "5xx": 1, "(no response)": 1}


def test_a_detail_of_the_last_bucket_leaves_out_what_was_before() -> None:
    view = detail(window=10)
    assert view.whole.count == 1
    assert [late.status for late in view.latest] == [500]
    assert [slow.response_time for slow in view.slowest] == [0.05]


def test_a_detail_goes_together_with_a_filter() -> None:
    view = detail(wanted="time>200ms or status:none")
    assert view.filter.text == 'top_sections="shop/cart" (time>200ms or status:none)'
    assert view.whole.count == 3


def test_a_filter_that_saw_nothing_reaches_back_to_now() -> None:
    lens = Lens(parse("a"), Recent(1, 1), Store(STATISTICS, 10, 600, 100))
    assert filter_view(lens, 1234.0) == FilterView("a", 0, 0, 1234.0)


@given(strategies.lists(strategies.floats(1e-6, 9000)))
def test_each_time_is_in_one_bar_and_there_is_no_bar_too_many(times: list[float]) -> None:
    bars = histogram(Distribution.of((bin_of(time), 1) for time in times))
    assert sum(bar.count for bar in bars) == len(times)
    assert all(one.high == next_.low for one, next_ in pairwise(bars))
    if times:
        assert bars[0].count > 0
        assert bars[-1].count > 0
        assert bars[0].low <= min(times) * 1.03
        assert bars[-1].high >= max(times) * 0.97
