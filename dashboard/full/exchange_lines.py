"""All that is known of one exchange, a line for each thing. Pure."""

from collections.abc import Iterator

from dashboard.full.exchange_sheet import latency, status_text
from dashboard.full.named_lines import named_lines
from traffic.records import Exchange, Request
from view import figures
from view.exchange_line import Discretion, outcome
from view.page import Line, Page, Piece, Style


def exchange_lines(exchange: Exchange, discretion: Discretion, page: Page) -> list[Line]:
    """Names and values; long values take several lines."""
    lines: list[Line] = [(Piece("Exchange", Style.HEADING),), ()]
    for name, value in _fields(exchange, discretion, page):
        lines += named_lines(name, value, page)
    return lines


def _fields(exchange: Exchange, discretion: Discretion, page: Page) -> Iterator[tuple[str, str]]:
    if exchange.request is None:
        yield "Request", "not seen"
    else:
        yield from _request(exchange.request, discretion, page)
    yield "Status", status_text(exchange)
    yield "Outcome", outcome(exchange)
    yield "Ended", f"{exchange.ending}, {page.moment(exchange.time)}"
    yield "Response time", latency(exchange.response_time)
    yield "Total time", latency(exchange.total_time)
    yield "Sent", figures.volume(exchange.request_bytes)
    yield "Answered", figures.volume(exchange.response_bytes)
    yield "Content type", page.text(discretion.words(exchange.content_type)) or figures.NOTHING
    yield "Client", _address(exchange.client, exchange.client_port, page)
    yield "Server", _address(exchange.server, exchange.server_port, page)
    yield "Missing bytes", figures.volume(exchange.missing_bytes) if exchange.missing_bytes else "none"
    yield "Oddities", ", ".join(map(page.text, exchange.oddities)) or "none"


def _request(request: Request, discretion: Discretion, page: Page) -> Iterator[tuple[str, str]]:
    yield "Began", page.moment(request.time)
    yield "Method", page.text(request.method)
    yield "Host", page.text(discretion.authority(request.host)) or figures.NOTHING
    yield "Target", page.text(discretion.url(request.target))
    yield "Version", page.text(request.version)
    yield "User agent", page.text(discretion.words(request.user_agent)) or figures.NOTHING
    yield "Referrer", page.text(discretion.url(request.referrer)) or figures.NOTHING


def _address(host: str, port: int, page: Page) -> str:
    return page.text(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
