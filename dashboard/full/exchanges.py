"""Exchanges on the full screen: the live list, the lists of a detail, and the page about one exchange. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal

from dashboard.full.desk import Scene
from dashboard.full.table import Entry, Sorting, TableColumn, TableContent
from traffic.records import COMPLETE, Exchange, Request
from traffic.text import host_port
from view import figures
from view.exchange_line import Discretion, outcome
from view.page import Line, Page, Piece, Style

TIME, STATUS, METHOD, WHAT, RESPONSE, VOLUME, CLIENT = (
    "time", "status", "method", "what", "response", "volume", "client",
)  # fmt: skip
SORTABLE: Final = (TIME, RESPONSE, VOLUME, STATUS, WHAT)
NATURAL: Final = Sorting(TIME, False)
"""The latest exchange comes last, as in a log."""
COLUMNS: Final = (
    TableColumn(TIME, 8, left=True),
    TableColumn(STATUS, 7, left=True),
    TableColumn(METHOD, 7, left=True, spare=2),
    TableColumn(WHAT, left=True),
    TableColumn(RESPONSE, 9),
    TableColumn(VOLUME, 8, spare=1),
    TableColumn(CLIENT, 15, left=True, spare=3),
)
_BY: Final[dict[str, Callable[[Exchange], Any]]] = {
    TIME: lambda exchange: exchange.time,
    RESPONSE: lambda exchange: exchange.response_time,
    VOLUME: lambda exchange: exchange.response_bytes,
    STATUS: lambda exchange: exchange.status,
    WHAT: lambda exchange: (exchange.domain, exchange.request.target if exchange.request else ""),
}


class ExchangeTable:
    """Lists the latest exchanges live."""

    name = "exchanges"
    follows = True

    def __init__(self, discretion: Discretion) -> None:
        self._discretion = discretion

    def natural(self, scene: Scene) -> Sorting:
        """Put the latest exchange last."""
        return NATURAL

    def sortable(self, scene: Scene) -> Sequence[str]:
        """Offer most columns."""
        return SORTABLE

    def identities(self, scene: Scene, sorting: Sorting) -> list[str]:
        """Identify an exchange by its time, client and target."""
        return [identity(exchange) for exchange in self.exchanges(scene, sorting)]

    def exchanges(self, scene: Scene, sorting: Sorting) -> Sequence[Exchange]:
        """Return all rows. The slowest are found among all exchanges that are kept, not only among the latest."""
        if sorting == Sorting(RESPONSE):
            return scene.slowest
        return in_order(scene.latest, sorting)

    def has_rest(self, scene: Scene) -> bool:
        """Return False: every exchange has its own row."""
        return False

    def content(self, scene: Scene, sorting: Sorting, rows: slice, page: Page) -> TableContent:
        """Return those rows."""
        return exchange_content("Exchanges", self.exchanges(scene, sorting)[rows], self._discretion, page)


class DetailTable(ExchangeTable):
    """Lists the slowest or the latest exchanges of a detail; Tab switches between them."""

    follows = False

    def __init__(self, which: Literal["slowest", "latest"], discretion: Discretion) -> None:
        super().__init__(discretion)
        self.which = which

    def natural(self, scene: Scene) -> Sorting:
        """Keep the order in which the detail lists them."""
        return Sorting(RESPONSE if self.which == "slowest" else TIME)

    def sortable(self, scene: Scene) -> tuple[str, ...]:
        """Offer no other order."""
        return ()

    def exchanges(self, scene: Scene, sorting: Sorting) -> tuple[Exchange, ...]:
        """Return the slowest or the latest exchanges first."""
        return tuple(scene.slowest if self.which == "slowest" else scene.latest)

    def content(self, scene: Scene, sorting: Sorting, rows: slice, page: Page) -> TableContent:
        """Return those rows."""
        title = "Slowest exchanges" if self.which == "slowest" else "Latest exchanges"
        return exchange_content(title, self.exchanges(scene, sorting)[rows], self._discretion, page)


def exchange_content(title: str, exchanges: Sequence[Exchange], discretion: Discretion, page: Page) -> TableContent:
    """Make a row for each exchange."""
    entries = tuple(_entry(exchange, discretion, page) for exchange in exchanges)
    return TableContent(title, COLUMNS, entries, nothing="no exchange yet")


def in_order(exchanges: Sequence[Exchange], sorting: Sorting) -> Sequence[Exchange]:
    """Sort exchanges; those without a value come last."""
    if sorting == NATURAL:
        return exchanges
    value = _BY[sorting.column]
    known = [exchange for exchange in exchanges if value(exchange) is not None]
    unknown = [exchange for exchange in exchanges if value(exchange) is None]
    return [*sorted(known, key=value, reverse=sorting.descending), *unknown]


def identity(exchange: Exchange) -> str:
    """Return a text that tells exchanges apart: a connection hardly ends two of them at the same moment."""
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
    """Return host and path, as far as they may be shown."""
    request = exchange.request
    if request is None:
        return f"(request not seen) {page.text(exchange.server)}"
    target = discretion.url(request.target)
    host = discretion.authority(request.host)
    return page.text(f"{host}{target}" if target.startswith("/") else target)


def status_text(exchange: Exchange) -> str:
    """Return the status, or how the exchange ended without one."""
    if exchange.status is not None:
        return str(exchange.status)
    return figures.NOTHING if exchange.ending == COMPLETE else exchange.ending[:7]


def style_of(exchange: Exchange) -> Style:
    """Make failures stand out; the status says the same in words."""
    if exchange.status is None:
        return Style.QUIET if exchange.ending == COMPLETE else Style.WARNING
    return Style.ALARM if exchange.status >= 500 else Style.PLAIN


def latency(seconds: float | None) -> str:
    """Format a response time, if there is one."""
    return figures.NOTHING if seconds is None else figures.latency(max(0.0, seconds))


# One exchange ---------------------------------------------------------------------------------------------------------


def exchange_lines(exchange: Exchange, discretion: Discretion, page: Page) -> list[Line]:
    """Show each fact with its name; long values take several lines."""
    lines: list[Line] = [(Piece("Exchange", Style.HEADING),), ()]
    for name, value in _facts(exchange, discretion, page):
        lines += page.named(name, value)
    return lines


def _facts(exchange: Exchange, discretion: Discretion, page: Page) -> Iterator[tuple[str, str]]:
    if exchange.request is None:
        yield "Request", "not seen"
    else:
        yield from _request(exchange.request, discretion, page)
    yield "Status", status_text(exchange)
    yield "Outcome", outcome(exchange)
    yield "Ended", f"{exchange.ending}, {page.moment(exchange.time)}"
    yield "Response time", latency(exchange.response_time)
    yield "Total time", latency(exchange.total_time)
    yield "Request size", figures.volume(exchange.request_bytes)
    yield "Response size", figures.volume(exchange.response_bytes)
    yield "Content type", page.text(discretion.words(exchange.content_type)) or figures.NOTHING
    yield "Client", page.text(host_port(exchange.client, exchange.client_port))
    yield "Server", page.text(host_port(exchange.server, exchange.server_port))
    yield "Missing bytes", figures.volume(exchange.missing_bytes) if exchange.missing_bytes else "none"
    yield "Oddities", ", ".join(map(page.text, exchange.oddities)) or "none"


def _request(request: Request, discretion: Discretion, page: Page) -> Iterator[tuple[str, str]]:
    yield "Started", page.moment(request.time)
    yield "Method", page.text(request.method)
    yield "Host", page.text(discretion.authority(request.host)) or figures.NOTHING
    yield "Target", page.text(discretion.url(request.target))
    yield "Version", page.text(request.version)
    yield "User agent", page.text(discretion.words(request.user_agent)) or figures.NOTHING
    yield "Referrer", page.text(discretion.url(request.referrer)) or figures.NOTHING
