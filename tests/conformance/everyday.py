"""Everyday traffic for attacks to hide in: visitors of a shop, and staff who read the web."""

from collections.abc import Iterator
from itertools import count
from struct import pack
from typing import Final

from tls_wire import client_hello, named
from wire import Talk, ethernet, ip

from traffic.frame import Frame

START: Final = 1_700_000_010.0
"""Seconds since the epoch, at the beginning of half a minute, like the windows of detectors."""
SHOP, RESOLVER, OUTSIDE = "192.0.2.10", "10.0.0.53", "198.51.100.80"
VISITORS: Final = tuple(f"198.51.100.{number}" for number in range(1, 25))
STAFF: Final = tuple(f"10.0.1.{number}" for number in range(1, 25))
PATHS: Final = ("/", "/cart", "/search?q=shoes", "/img/logo.png", "/api/v1/items?page=2", "/missing")
SITES: Final = ("www.example.com", "news.example.net", "docs.example.org")
FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PAGE: Final = b"<html><body><p>Shoes in all sizes</p></body></html>"
A, TXT = 1, 16
_ports = count()


def connection(time: float, client: str, server: str = SHOP, port: int = 80) -> Talk:
    """Return a new connection, whose handshake begins at `time`, in seconds since START."""
    number = next(_ports) % 60_000
    return Talk(client_port=1024 + number, server_port=port, addresses=(client, server), time=START + time)


def asked(
    path: str = "/",
    *fields: str,
    host: str = "shop.example.com",
    method: str = "GET",
    agent: str = FIREFOX,
    body: bytes = b"",
) -> bytes:
    """Build a request as a browser sends it."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"User-Agent: {agent}", "Accept: */*", *fields]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answered(body: bytes = PAGE, *fields: str, status: str = "200 OK", kind: str = "text/html") -> bytes:
    """Build a response as a web server sends it."""
    head = (f"HTTP/1.1 {status}", "Date: Tue, 14 Nov 2023 22:13:20 GMT", "Server: nginx", f"Content-Type: {kind}")
    return "\r\n".join((*head, *fields, f"Content-Length: {len(body)}")).encode() + b"\r\n\r\n" + body


def visit(time: float, client: str, request: bytes, response: bytes, server: str = SHOP) -> list[Frame]:
    """Return a request on a connection of its own."""
    return connection(time, client, server).client(request).wait(0.02).server(response).close().frames


def lookup(time: float, client: str, name: str, *addresses: str, kind: int = A, rcode: int = 0) -> list[Frame]:
    """Return a DNS lookup and its answer; without addresses, there are no records in it."""
    number = next(_ports) % 60_000
    labels = b"".join(pack("B", len(label)) + label.encode() for label in name.split("."))
    question = labels + b"\0" + pack(">HH", kind, 1)
    records = (b"\xc0\x0c" + pack(">HHIH", A, 1, 60, 4) + bytes(map(int, each.split("."))) for each in addresses)
    query = pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + question
    answer = pack(">HHHHHH", number, 0x8180 | rcode, 1, len(addresses), 0, 0) + question + b"".join(records)
    return [
        _datagram(time, client, RESOLVER, (1024 + number, 53), query),
        _datagram(time + 0.01, RESOLVER, client, (53, 1024 + number), answer),
    ]


def _datagram(time: float, source: str, target: str, ports: tuple[int, int], message: bytes) -> Frame:
    udp = pack(">HHHH", *ports, 8 + len(message), 0) + message
    return ethernet(START + time, ip(source, target, udp, 17))


def everyday(begin: float, end: float) -> Iterator[Frame]:
    """Iterate over the frames until `end`, in seconds since START: few before `begin`, then one person a second."""
    for number in range(int(begin / 20)):
        yield from _moment(20.0 * number, number)
    for number in range(int(end - begin)):
        yield from _moment(begin + number, number)


def _moment(time: float, number: int) -> Iterator[Frame]:
    """Iterate over what one person does: a visit, or what the staff does in the web."""
    visitor, person = VISITORS[number * 7 % len(VISITORS)], STAFF[number * 5 % len(STAFF)]
    path, site = PATHS[number * 5 % len(PATHS)], SITES[number * 11 // 7 % len(SITES)]
    doing = number % 8
    if doing == 1:
        login = asked("/login", method="POST", body=b"user=ann&password=x")
        yield from visit(time, visitor, login, answered(b"", "Location: /", status="302 Found"))
    elif doing == 3:
        yield from lookup(time, person, site, "198.51.100.80")
        page = answered(PAGE * (1 + number % 5))
        yield from visit(time + 0.1, person, asked(path, host=site), page, OUTSIDE)
    elif doing == 5:
        hello = client_hello(named(site.encode()))
        yield from connection(time, person, OUTSIDE, 443).client(hello).close().frames
    else:
        status = "404 Not Found" if path == "/missing" else "200 OK"
        yield from visit(time, visitor, asked(path), answered(status=status))
