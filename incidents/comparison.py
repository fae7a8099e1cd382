"""Compares the bucket that alerted with the hour before it. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from stats.statistic import Unit
from traffic.records import Exchange
from view import figures
from view.panel import Measure, Panel, Row
from view.view import View

ROWS: Final = 5
"""Rows of a list."""
LISTS: Final = (
    "top_sections",
    "top_paths",
    "top_clients",
    "top_processes",
    "top_containers",
    "top_status_codes",
    "server_error_paths",
    "not_found_paths",
    "top_operations",
    "grpc_status_codes",
    "top_user_agents",
    "tls_failures",
    "dns_failures_by_client",
)
"""Statistics that are listed if they were counted, in this order."""
CLIENTS: Final = "top_clients"


class Share(NamedTuple):
    """A key of a statistic, in hits per second."""

    key: str
    hits: int
    """In the bucket that alerted."""
    rate: float
    before: float | None
    """None if it is unknown, or was too rare to be known."""


class TopList(NamedTuple):
    """The top keys of a statistic in the bucket that alerted."""

    title: str
    shares: tuple[Share, ...]


class Figure(NamedTuple):
    """A figure in the bucket that alerted, and before; as text."""

    name: str
    now: str
    before: str


class Span(NamedTuple):
    """A View, and the seconds that its window covers."""

    view: View
    seconds: float


def top_lists(now: Span, before: Span | None) -> Iterator[TopList]:
    """Return the lists that have rows."""
    panels = {panel.name: panel for panel in now.view.panels}
    earlier = {panel.name: panel for panel in before.view.panels} if before else {}
    for name in LISTS:
        panel = panels.get(name)
        if panel is not None and panel.unit is Unit.HITS and any(row.window.count for row in panel.rows):
            known = _rates(earlier[name], before.seconds) if before and name in earlier else None
            yield TopList(panel.title, tuple(_shares(panel, now.seconds, known)))


def _shares(panel: Panel, seconds: float, before: "_Rates | None") -> Iterator[Share]:
    for row in panel.rows[:ROWS]:
        hits = row.window.count
        if hits:
            yield Share(row.key, hits, hits / seconds, before.of(row.key) if before else None)


class _Rates(NamedTuple):
    by_key: dict[str, float]
    is_whole: bool
    """Whether every key is there."""

    def of(self, key: str) -> float | None:
        return self.by_key.get(key, 0.0 if self.is_whole else None)


def _rates(panel: Panel, seconds: float) -> _Rates:
    rates = {row.key: row.window.count / seconds for row in panel.rows} if seconds > 0 else {}
    return _Rates(rates, seconds > 0 and not panel.other.window.count)


def top_clients(exchanges: Iterable[Exchange], seconds: float) -> TopList:
    """Return the clients with the most exchanges, where no statistic counts them."""
    found = Counter(exchange.client for exchange in exchanges)
    top = sorted(found.items(), key=lambda each: (-each[1], each[0]))[:ROWS]
    return TopList("Top clients", tuple(Share(client, hits, hits / seconds, None) for client, hits in top))


def totals(now: Span, before: Span | None) -> list[Figure]:
    """Return the figures of all exchanges."""
    names = ("Exchanges", "4xx", "5xx", "Response bodies", "Median response time", "p95", "Slowest")
    latest = _texts(now.view.whole, now.seconds)
    earlier = _texts(before.view.whole, before.seconds) if before else (figures.NOTHING,) * len(names)
    return [Figure(*each) for each in zip(names, latest, earlier, strict=True)]


def _texts(whole: Measure, seconds: float) -> Sequence[str]:
    if seconds <= 0:
        return (figures.NOTHING,) * 7
    times = whole.times
    seen = (times.p50, times.p95, times.slowest) if times else (None, None, None)
    return (
        f"{figures.rate(whole.count / seconds)} /s",
        figures.errors(whole.client_errors, whole),
        figures.errors(whole.server_errors, whole),
        f"{figures.volume(whole.volume / seconds)}/s",
        *(figures.NOTHING if each is None else figures.latency(each) for each in seen),
    )


def servers(now: Span, before: Span | None) -> list[Figure]:
    """Return the p95 of the response times of each server, slowest first."""
    name = "server_response_time"
    panel = next((panel for panel in now.view.panels if panel.name == name), None)
    earlier = {row.key: row.window for row in _rows(before.view, name)} if before else {}
    rows = panel.rows[:ROWS] if panel is not None else ()
    return [Figure(row.key, _p95(row.window), _p95(earlier.get(row.key))) for row in rows if row.window.times]


def _rows(view: View, name: str) -> Sequence[Row]:
    return next((panel.rows for panel in view.panels if panel.name == name), ())


def _p95(measure: Measure | None) -> str:
    return figures.latency(measure.times.p95) if measure and measure.times else figures.NOTHING
