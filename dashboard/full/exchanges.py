"""Exchanges on the full screen: the live list, the lists of a detail, and the page about one exchange. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from dashboard.full.desk import Scene
from dashboard.full.facts import Fact
from dashboard.full.marks import Marks
from dashboard.full.table import Entry, Sorting, TableColumn, TableContent
from store.filtering.narrowing import containing, term
from traffic.grpc import status_name
from traffic.records import COMPLETE, Exchange, Request
from traffic.text import UNKNOWN, host_port
from view import figures
from view.curl import curl_command
from view.exchange_line import MESSAGES, Discretion, named_fields, outcome
from view.page import Page, Style

TIME, STATUS, METHOD, WHAT, RESPONSE, VOLUME, CLIENT, LABEL = (
    "time", "status", "method", "what", "response", "volume", "client", "label",
)  # fmt: skip
SORTABLE: Final = (TIME, RESPONSE, VOLUME, STATUS, WHAT)
NATURAL: Final = Sorting(TIME, False)
"""The latest exchange comes last, as in a log."""
ENDLESS: Final = 1000
"""Rows of a live list, as far as the layout is concerned: counting them would take as long as finding them."""
COLUMNS: Final = (
    TableColumn(TIME, 8, left=True),
    TableColumn(STATUS, 7, left=True),
    TableColumn(METHOD, 7, left=True, spare=2),
    TableColumn(WHAT, left=True),
    TableColumn(RESPONSE, 9),
    TableColumn(VOLUME, 8, spare=1),
    TableColumn(CLIENT, 15, left=True, spare=3),
)
LABELS: Final = TableColumn(LABEL, 5, left=True, sortable=False)
"""The column of marks, if they are kept."""
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

    def __init__(self, discretion: Discretion, marks: Marks) -> None:
        self._discretion = discretion
        self._marks = marks

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

    def rows(self, scene: Scene) -> int:
        """Take all the room there is."""
        return ENDLESS

    def has_rest(self, scene: Scene) -> bool:
        """Return False: every exchange has its own row."""
        return False

    def content(self, scene: Scene, sorting: Sorting, rows: slice, page: Page) -> TableContent:
        """Return those rows."""
        return self._content("Exchanges", self.exchanges(scene, sorting)[rows], page)

    def _content(self, title: str, exchanges: Sequence[Exchange], page: Page) -> TableContent:
        content = exchange_content(title, exchanges, self._discretion, page)
        return with_marks(content, self._marks) if self._marks.are_kept else content


class DetailTable(ExchangeTable):
    """Lists the slowest or the latest exchanges of a detail; Tab switches between them."""

    follows = False

    def __init__(self, which: Literal["slowest", "latest"], discretion: Discretion, marks: Marks) -> None:
        super().__init__(discretion, marks)
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
        return self._content(title, self.exchanges(scene, sorting)[rows], page)


def exchange_content(title: str, exchanges: Sequence[Exchange], discretion: Discretion, page: Page) -> TableContent:
    """Make a row for each exchange."""
    entries = tuple(_entry(exchange, discretion, page) for exchange in exchanges)
    return TableContent(title, COLUMNS, entries, nothing="no exchange yet")


def with_marks(content: TableContent, marks: Marks) -> TableContent:
    """Add the column of marks."""
    entries = (each._replace(texts=(*each.texts, marks.of(each.identity))) for each in content.entries)
    return replace(content, columns=(*content.columns, LABELS), entries=tuple(entries))


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
    return f"{exchange.time!r} {exchange.source} {exchange.client_port} {target}"


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
    """Return host and path, as far as they may be shown, `https` in front of them if they were decrypted, and the
    operation if the path does not say it.
    """
    request = exchange.request
    if request is None:
        return f"(request not seen) {page.text(exchange.server)}"
    target = discretion.url(request.target)
    host = discretion.authority(request.host)
    operation = "" if exchange.operation in request.target else f" {discretion.words(exchange.operation)}"
    if target == UNKNOWN != host:
        target = f"/{target}"
    scheme = "https://" if exchange.tls_version else ""
    return page.text((f"{scheme}{host}{target}" if target.startswith("/") else target) + operation)


def status_text(exchange: Exchange) -> str:
    """Return the status, that of a failed gRPC call, or how the exchange ended without one."""
    if exchange.failed_call:
        return f"gRPC {exchange.grpc_status}"
    if exchange.status is not None:
        return str(exchange.status)
    return figures.NOTHING if exchange.ending == COMPLETE else exchange.ending[:7]


def style_of(exchange: Exchange) -> Style:
    """Make failures stand out; the status says the same in words."""
    if exchange.failed_call:
        return Style.ALARM
    if exchange.status is None:
        return Style.QUIET if exchange.ending == COMPLETE else Style.WARNING
    return Style.ALARM if exchange.status >= 500 else Style.PLAIN


def latency(seconds: float | None) -> str:
    """Format a response time, if there is one."""
    return figures.NOTHING if seconds is None else figures.latency(max(0.0, seconds))


# One exchange ---------------------------------------------------------------------------------------------------------


def exchange_facts(exchange: Exchange, discretion: Discretion, page: Page) -> Iterator[Fact]:
    """List everything known about an exchange."""
    if exchange.request is None:
        yield Fact("Request", "not seen", "is:unpaired")
    else:
        yield from _request(exchange.request, exchange.protocol, discretion, page)
    status = "none" if exchange.status is None else str(exchange.status)
    yield Fact("Status", status if exchange.status is not None else status_text(exchange), f"status:{status}")
    yield from _call(exchange, discretion, page)
    yield Fact("Outcome", outcome(exchange), "is:error" if outcome(exchange) == "failure" else "")
    yield Fact("Ended", f"{exchange.ending}, {page.moment(exchange.time)}", f"ending:{exchange.ending}")
    yield Fact("Response time", latency(exchange.response_time), _as_slow(exchange.response_time))
    yield Fact("Total time", latency(exchange.total_time))
    yield from _messages(exchange, discretion, page)
    if exchange.tls_version:
        inside = f"{exchange.tls_version} {discretion.words(exchange.server_name)}".rstrip()
        yield Fact("Inside", page.text(inside), term("tls_version", exchange.tls_version))
    yield Fact("Request size", figures.volume(exchange.request_bytes))
    yield Fact("Response size", figures.volume(exchange.response_bytes))
    yield _said("Content type", "type", discretion.words(exchange.content_type), exchange.content_type, page)
    yield from _clients(exchange, page)
    server = host_port(exchange.server, exchange.server_port)
    yield Fact("Server", page.text(server), term("server", server))
    yield from _owner(exchange, page)
    missing = exchange.missing_bytes
    yield Fact("Missing bytes", figures.volume(missing) if missing else "none", "is:gap" if missing else "")
    oddities = ", ".join(exchange.oddities)
    yield Fact("Oddities", page.text(oddities) or "none", term("oddity", oddities) if oddities else "")
    asked = "" if exchange.request is None else exchange.request.request_headers
    yield from _headers("Request fields", asked, discretion, page)
    yield from _headers("Response fields", exchange.response_headers, discretion, page)
    if command := curl_command(exchange, discretion):
        yield Fact("As a command", page.text(command))


def _request(request: Request, protocol: str, discretion: Discretion, page: Page) -> Iterator[Fact]:
    yield Fact("Started", page.moment(request.time))
    yield Fact("Method", page.text(request.method), term("method", request.method))
    host = page.text(discretion.authority(request.host))
    yield Fact("Host", host or figures.NOTHING, term("host", request.domain))
    yield Fact("Target", page.text(discretion.url(request.target)), term("path", request.path))
    yield _said("Protocol", "protocol", protocol, protocol, page)
    yield _said("User agent", "ua", discretion.words(request.user_agent), request.user_agent, page)
    yield _said("Referrer", "referrer", discretion.url(request.referrer), request.referrer, page)


def _clients(exchange: Exchange, page: Page) -> Iterator[Fact]:
    """Name the client, and the proxy that named it. The port is that of the peer."""
    peer = host_port(exchange.source, exchange.client_port)
    if exchange.client == exchange.source:
        yield Fact("Client", page.text(peer), term("client", exchange.client))
        return
    yield Fact("Client", page.text(exchange.client), term("client", exchange.client))
    yield Fact("Proxy", page.text(peer), term("source", exchange.source))


def _call(exchange: Exchange, discretion: Discretion, page: Page) -> Iterator[Fact]:
    """List what was called, and how gRPC says that it went."""
    if exchange.operation:
        yield _said("Operation", "operation", discretion.words(exchange.operation), exchange.operation, page)
    if exchange.grpc_status is not None:
        yield Fact("gRPC status", status_name(exchange.grpc_status), f"grpc_status:{exchange.grpc_status}")


def _messages(exchange: Exchange, discretion: Discretion, page: Page) -> Iterator[Fact]:
    """List the messages each way, and how a WebSocket was closed."""
    if exchange.protocol in MESSAGES or exchange.request_messages or exchange.response_messages:
        yield Fact("Messages", f"{exchange.request_messages:,} sent, {exchange.response_messages:,} received")
    if exchange.protocol == "websocket":
        yield Fact("Frames", f"{exchange.control_frames:,} control frames, {exchange.fragments:,} further fragments")
    if exchange.first_message_time is not None:
        yield Fact("First message", latency(exchange.first_message_time))
    if exchange.close_code is not None:
        reason = discretion.words(exchange.close_reason)
        yield Fact("Closed with", page.text(f"{exchange.close_code} {reason}".rstrip()))


def _owner(exchange: Exchange, page: Page) -> Iterator[Fact]:
    """List whose connection it is, as far as that is known."""
    number = "" if exchange.process_id is None else f", process {exchange.process_id}"
    if exchange.process:
        yield Fact("Process", page.text(f"{exchange.process}{number}"), term("process", exchange.process))
    if exchange.user:
        yield Fact("User", page.text(exchange.user), term("user", exchange.user))
    if exchange.container:
        image = f" of {exchange.container_image}" if exchange.container_image else ""
        yield Fact("Container", page.text(f"{exchange.container}{image}"), term("container", exchange.container))
    if exchange.pod:
        yield Fact("Pod", page.text(exchange.pod), term("pod", exchange.pod))


def _said(name: str, field: str, told: str, value: str, page: Page) -> Fact:
    """Return a fact without a term if a part of the value is hidden, as the term would show it."""
    return Fact(name, page.text(told) or figures.NOTHING, term(field, value) if told == value else "")


def _headers(title: str, text: str, discretion: Discretion, page: Page) -> Iterator[Fact]:
    """List named header fields; one that is hidden cannot be filtered by."""
    for place, (name, value) in enumerate(named_fields(text)):
        told = discretion.header(name, value)
        wanted = containing("header", f"{name}: {value}") if told == value else ""
        yield Fact("" if place else title, page.text(f"{name}: {told}"), wanted)


def _as_slow(seconds: float | None) -> str:
    """Return a term for exchanges at least as slow."""
    return f"time>={int(seconds * 1e6)}us" if seconds is not None and seconds >= 0 else ""
