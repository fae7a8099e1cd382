"""Exchanges with heads and bodies, as an inspector sees them."""

from detection.inspector import Inspected
from traffic.content import Content

VISITOR, SERVER, INSIDE = "203.0.113.9", "10.0.0.2", "10.0.0.7"
LONGEST = 2**20


def content(
    answer: bytes = b"",
    body: bytes = b"",
    target: str = "/export",
    kind: str = "application/json",
    sent: str = "application/json",
    client: str = VISITOR,
    server: str = SERVER,
    time: float = 1000.0,
    fields: str = "",
    more: int = 0,
    missing: int = 0,
) -> Content:
    """Return an exchange of `body`, of the type `sent`, and `answer`, of the type `kind` with further `fields`.

    The answer has `more` bytes that were not kept.
    """
    asked = f"{'POST' if body else 'GET'} {target} HTTP/1.1\r\nHost: shop.example.com\r\nContent-Type: {sent}\r\n\r\n"
    told = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{fields}\r\n"
    return Content(
        time, client, 40000, server, 80, "shop.example.com", target.partition("?")[0], asked.encode(), body, len(body),
        told.encode(), answer, len(answer) + more, missing,
    )  # fmt: skip


def inspected(made: Content) -> Inspected:
    return Inspected(made, LONGEST)
