"""Posts each notice as JSON to a webhook. `requests` is imported with the first webhook.

Everything TLS needs is read at the start, because the program may not be able to read it after dropping its rights.
The URL is a secret: it appears in no message.
"""

import http.client
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import requests

from notices.connection import failure, new_session
from notices.errors import Refused, Unavailable
from notices.notice import Notice

_LATER: Final = frozenset({408, 425, 429})
"""Temporary client errors: time-out, too early, too many requests. All server errors are temporary too."""


@dataclass(frozen=True)
class Body:
    """A format of posted notices."""

    build: Callable[[Notice], bytes]
    repeat: float | None = None
    """Interval in seconds at which an active alert is posted again; None means never."""


@dataclass(frozen=True)
class Address:
    """The address to post to."""

    url: str = field(repr=False)
    host: str
    """Name for messages to the user."""


class Webhook:
    """A receiver: one URL."""

    def __init__(self, address: Address, body: Body, timeout: float, authorities: ssl.SSLContext | None) -> None:
        """`timeout` applies to connecting and to each part of the response. An https URL needs `authorities`."""
        self.name = f"webhook {address.host}"
        self.repeat = body.repeat
        self._url = address.url
        self._body = body
        self._timeout = timeout
        self._session = new_session(address.url, authorities)

    def send(self, notice: Notice) -> None:
        """Post the notice. Redirects are not followed: they lead to another server.

        Raises:
            Refused: the server reports a client error.
            Unavailable: the server cannot be reached, or reports a temporary error.
        """
        try:
            with self._session.post(
                self._url,
                data=self._body.build(notice),
                headers=_headers(notice),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,  # only the head of the response is read
            ) as response:
                _judge(response.status_code, response.headers.get("Retry-After", ""))
        except requests.RequestException as error:
            raise Unavailable(failure(error)) from None

    def cancel(self) -> None:
        """Do nothing: the thread ends with the program."""


def _headers(notice: Notice) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "http-monitor",
        "Idempotency-Key": notice.identity,
        "Connection": "close",
    }


def _judge(status: int, retry_after: str) -> None:
    if 200 <= status < 300:
        return
    words = f"answered {status} {http.client.responses.get(status, '')}".rstrip()
    if status in _LATER or status >= 500:
        raise Unavailable(words, float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0)
    raise Refused(words)
