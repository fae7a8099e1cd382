"""Writes an exchange as a `curl` command that sends the same request again. Pure.

Every text is a peer's, who may want a shell or curl to do something else: each is one quoted word, and none can become
an option. The URL names the server's address; the requested host is a header field, so it cannot lead elsewhere. With
TLS, it names the server that the client asked for, which `--resolve` ties to that address.
"""

import re
import shlex
from collections.abc import Iterator
from typing import Final

from traffic.records import Exchange, Request
from traffic.text import UNKNOWN, host_port
from view.exchange_line import MESSAGES, Discretion

_PLAIN: Final = re.compile(r"/[A-Za-z0-9/._~!$&'()*+,;=:@%?-]*")
"""Targets that curl sends as they are within a URL (RFC 3986 section 3.3), without brackets, which it expands."""
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,253}[a-z0-9])?")
"""Server names that mean nothing else to curl."""
_DOTS: Final = re.compile(r"/\.\.?(?=[/?]|$)")
"""Parts of a path that curl would resolve itself."""


def curl_command(exchange: Exchange, discretion: Discretion) -> str:
    """Return the command. It has no body, and nothing that is hidden.

    It is empty if the request was not seen, or its method or target is unknown, and for gRPC and WebSockets, which curl
    does not speak like HTTP.
    """
    request = exchange.request
    if request is None or exchange.protocol in MESSAGES or UNKNOWN in (request.method, request.target):
        return ""
    return " ".join(shlex.quote(word) for word in _words(exchange, request, discretion))


def _words(exchange: Exchange, request: Request, discretion: Discretion) -> Iterator[str]:
    target = discretion.url(request.target)
    whole = _PLAIN.fullmatch(target) is not None and _DOTS.search(target) is None
    yield "curl"
    if request.method == "HEAD":  # curl would wait for a body after `--request HEAD`
        yield "--head"
    elif request.method != "GET":
        yield from ("--request", request.method)
    if request.version == "1.0":
        yield "--http1.0"
    if exchange.protocol == "h2":
        yield "--http2" if exchange.tls_version else "--http2-prior-knowledge"
    for name, value in _headers(request, discretion):
        yield from ("--header", f"{name}: {value}" if value else f"{name}:")  # without a value: not sent
    if not whole:
        yield from ("--request-target", target)
    *options, origin = _origin(exchange)
    yield from options
    yield f"{origin}{target if whole else '/'}"


def _origin(exchange: Exchange) -> Iterator[str]:
    """Return the options that the origin needs, and the origin. Without a name, no certificate can be verified."""
    address = host_port(exchange.server, exchange.server_port)
    if not exchange.tls_version:
        yield f"http://{address}"
    elif _NAME.fullmatch(exchange.server_name):
        yield from ("--resolve", f"{exchange.server_name}:{exchange.server_port}:{exchange.server}")
        yield f"https://{exchange.server_name}:{exchange.server_port}"
    else:
        yield from ("--insecure", f"https://{address}")


def _headers(request: Request, discretion: Discretion) -> Iterator[tuple[str, str]]:
    """Return the fields that curl must not choose itself, without those that are unknown."""
    if request.host != UNKNOWN:
        yield "Host", discretion.authority(request.host)
    if request.user_agent != UNKNOWN:
        yield "User-Agent", discretion.words(request.user_agent)
    if request.referrer not in ("", UNKNOWN):
        yield "Referer", discretion.url(request.referrer)
