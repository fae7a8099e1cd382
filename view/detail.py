"""Builds a DetailView, which shows one key of a statistic or one filter, from the sums of a lens. Pure."""

from dataclasses import dataclass
from itertools import groupby
from math import inf
from typing import Final

from stats.request_rate import RequestRate
from stats.statistic import Statistic
from stats.status_classes import StatusClasses
from stats.top_clients import TopClients
from stats.top_methods import TopMethods
from stats.top_paths import TopPaths
from stats.top_status_codes import TopStatusCodes
from store.distribution import Distribution, value_of
from store.lens import Lens
from store.watched import Watched
from traffic.records import Exchange
from view.builder import chart, measure, panel
from view.panel import Chart, Measure, Panel
from view.view import FilterView

STATISTICS: Final[tuple[Statistic, ...]] = (
    RequestRate(),
    StatusClasses(),
    TopStatusCodes(),
    TopMethods(),
    TopClients(),
    TopPaths(),
)
"""What the store of a detail's lens counts, whichever statistics the screen shows."""


@dataclass(frozen=True)
class Bar:
    """Counts the response times above `low` and up to `high` seconds."""

    low: float
    high: float
    count: int


@dataclass(frozen=True)
class DetailView:
    """Holds what is shown of one key, in a window that ends `now`."""

    now: float
    title: str
    """Title of the key's statistic, as `Top hits by section`."""
    key: str
    window: float
    """Seconds that chart, panels, histogram and `whole` cover."""
    filter: FilterView
    """The key as a filter, how many exchanges it matched, and how far back they reach."""
    waiting: int
    """Exchanges left to scan; the numbers grow until there are none."""
    whole: Measure
    """Requests and response times; `volume` is the response bodies."""
    chart: Chart | None
    """Requests and status classes over time."""
    statuses: Panel
    methods: Panel
    clients: Panel
    paths: Panel
    histogram: tuple[Bar, ...]
    """Response times as adjacent bars; empty if none was measured."""
    slowest: tuple[Exchange, ...]
    """Slowest first. Like `latest`, these are exchanges of the window that are still kept one by one."""
    latest: tuple[Exchange, ...]
    """Latest first."""


def build_detail(
    now: float, title: str, key: str, lens: Lens, window: float, rows: int, watched: Watched | None = None
) -> DetailView:
    """Build a detail from a lens whose store counts STATISTICS and was advanced to `now`; each list has `rows` rows."""
    names = [statistic.name for statistic in STATISTICS]
    requests, _, statuses, methods, clients, paths = STATISTICS
    sums = lens.store.totals(requests.name, window)
    return DetailView(
        now=now,
        title=title,
        key=key,
        window=window,
        filter=filter_view(lens, now),
        waiting=lens.waiting,
        whole=measure(sums),
        chart=chart(lens.store, names, window, watched),
        statuses=panel(lens.store, statuses, rows, window),
        methods=panel(lens.store, methods, rows, window),
        clients=panel(lens.store, clients, rows, window),
        paths=panel(lens.store, paths, rows, window),
        histogram=histogram(sums.times),
        slowest=tuple(lens.slowest(rows, now - window)),
        latest=tuple(exchange for exchange in lens.latest(rows) if exchange.time >= now - window),
    )


def filter_view(lens: Lens, now: float) -> FilterView:
    """Describe the filter of a lens, as a screen shows it."""
    return FilterView(lens.filter.text, lens.matched, lens.scanned, now if lens.since is None else lens.since)


STEPS: Final = tuple(digit * 10.0**power for power in range(-5, 4) for digit in (1, 2, 5))
"""Upper ends of the bars in seconds: 10 us, 20 us, 50 us ... 5,000 s."""


def histogram(times: Distribution) -> tuple[Bar, ...]:
    """Sort response times into bars from the fastest to the slowest; each spans 2 or 2.5 times as much as the one
    before.
    """
    counts = {
        place: sum(count for _, count in group)
        for place, group in groupby(times.bins, key=lambda bin_: _place(value_of(bin_[0])))
    }
    if not counts:
        return ()
    ends = (0.0, *STEPS, inf)
    return tuple(
        Bar(ends[place], ends[place + 1], counts.get(place, 0)) for place in range(min(counts), max(counts) + 1)
    )


def _place(seconds: float) -> int:
    """Return the number of the bar: how many ends are below."""
    return sum(end < seconds for end in STEPS)
