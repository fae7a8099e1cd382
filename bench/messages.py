"""Messages of HTTP/1.1 for the measurements that speak it themselves."""

from collections.abc import Iterable
from typing import Final

from bench.wrk import BROWSER

END: Final = b"\r\n\r\n"


def request(path: str = "/", fields: Iterable[tuple[str, str]] = BROWSER) -> bytes:
    """Return a GET request."""
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode()


def announced(head: bytes) -> int:
    """Return the Content-Length in the head of a message; 0 without one."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def whole(received: bytes) -> bool:
    """Return whether this is a whole message, which has no body if it has no Content-Length."""
    head, end, body = received.partition(END)
    return bool(end) and len(body) >= announced(head)
