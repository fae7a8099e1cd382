"""Exchanges as a table, one a row: the live list, and the slowest and the latest ones of a detail. Pure."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from dashboard.full.panel_sheet import Sorting
from dashboard.full.sheet import Column, Entry, Sheet
from traffic.records import COMPLETE, Exchange
from view import figures
from view.exchange_line import Discretion
from view.page import Page, Style

TIME, STATUS, METHOD, WHAT, RESPONSE, VOLUME, CLIENT = (
    "time", "status", "method", "what", "response", "volume", "client",
)  # fmt: skip
SORTABLE: Final = (TIME, RESPONSE, VOLUME, STATUS, WHAT)
NATURAL: Final = Sorting(TIME, False)
"""The latest below, as in a log."""
COLUMNS: Final = (
    Column(TIME, 8, left=True),
    Column(STATUS, 7, left=True),
    Column(METHOD, 7, left=True, spare=2),
    Column(WHAT, left=True),
    Column(RESPONSE, 9),
    Column(VOLUME, 8, spare=1),
    Column(CLIENT, 15, left=True, spare=3),
)
_BY: Final[dict[str, Callable[[Exchange], Any]]] = {
    TIME: lambda exchange: exchange.time,
    RESPONSE: lambda exchange: exchange.response_time,
    VOLUME: lambda exchange: exchange.response_bytes,
    STATUS: lambda exchange: exchange.status,
    WHAT: lambda exchange: (exchange.domain, exchange.request.target if exchange.request else ""),
}


def exchange_sheet(title: str, exchanges: Sequence[Exchange], discretion: Discretion, page: Page) -> Sheet:
    """A row for each exchange."""
    entries = tuple(_entry(exchange, discretion, page) for exchange in exchanges)
    return Sheet(title, COLUMNS, entries, nothing="no exchange yet")


def in_order(exchanges: Sequence[Exchange], sorting: Sorting) -> Sequence[Exchange]:
    """Sorted; what has no value comes first or last, where it is seen least."""
    if sorting == NATURAL:
        return exchanges
    value = _BY[sorting.column]
    known = [exchange for exchange in exchanges if value(exchange) is not None]
    unknown = [exchange for exchange in exchanges if value(exchange) is None]
    return [*sorted(known, key=value, reverse=sorting.descending), *unknown]


def identity(exchange: Exchange) -> str:
    """Tells exchanges apart: no connection ends two of them at the same moment, or it does not matter which."""
    target = exchange.request.target if exchange.request else ""
    return f"{exchange.time!r} {exchange.client} {exchange.client_port} {target}"


def _entry(exchange: Exchange, discretion: Discretion, page: Page) -> Entry:
    request = exchange.request
    texts = (
        page.moment(exchange.time)[:8],
        status_text(exchange),
        page.text(request.method, 7) if request else figures.NOTHING,
        what(exchange, discretion, page),
        latency(exchange.response_time),
        figures.volume(exchange.response_bytes),
        page.text(exchange.client),
    )
    return Entry(identity(exchange), texts, style_of(exchange))


def what(exchange: Exchange, discretion: Discretion, page: Page) -> str:
    """Host and path, as far as they may be told."""
    request = exchange.request
    if request is None:
        return f"(request not seen) {page.text(exchange.server)}"
    target = discretion.url(request.target)
    host = discretion.authority(request.host)
    return page.text(f"{host}{target}" if target.startswith("/") else target)


def status_text(exchange: Exchange) -> str:
    """The status, or how it ended without one."""
    if exchange.status is not None:
        return str(exchange.status)
    return figures.NOTHING if exchange.ending == COMPLETE else exchange.ending[:7]


def style_of(exchange: Exchange) -> Style:
    """Failures stand out; the status says the same."""
    if exchange.status is None:
        return Style.QUIET if exchange.ending == COMPLETE else Style.WARNING
    return Style.ALARM if exchange.status >= 500 else Style.PLAIN


def latency(seconds: float | None) -> str:
    """A response time, if there is one."""
    return figures.NOTHING if seconds is None else figures.latency(max(0.0, seconds))
