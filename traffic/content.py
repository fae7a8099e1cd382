"""What the parties of an exchange said: heads and bodies. Only the core emits it, and only if somebody asks for it."""

from typing import NamedTuple


class Content(NamedTuple):
    """Heads and bodies of an exchange, emitted right after the exchange itself.

    A head is as it was sent, with its empty line; over HTTP/2 it is written as HTTP/1 would write it, with the version
    `HTTP/2`. A body has no transfer coding any more, but still its content codings (RFC 9110 section 8.4), and is cut
    at `Limits.inspected_body`. What was not seen is empty.
    """

    time: float
    """Capture time of the request, or of the response if there was none, in seconds since the epoch."""
    client: str
    client_port: int
    server: str
    server_port: int
    host: str
    """Requested host name in lower case without port; empty if unknown."""
    path: str
    """Requested path without query, cut at `Limits.string_length`; empty if unknown."""
    request_head: bytes
    request_body: bytes
    request_bytes: int
    """Size of the whole request body in bytes; greater than that of `request_body` if that was cut."""
    response_head: bytes
    response_body: bytes
    response_bytes: int
    """Size of the whole response body in bytes."""
    missing_bytes: int
    """Bytes that the capture lost: nothing that is kept of a body comes after the first of them."""
