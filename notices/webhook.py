"""Posts each notice as JSON to a webhook. `requests` is imported with the first webhook.

Everything TLS needs is read at the start, because the program may not be able to read it after dropping its rights.
The URL is a secret: it appears in no message.
"""

import http.client
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

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
        self._session = requests.Session()
        self._session.trust_env = False  # no .netrc, and no other files that are read later
        self._session.proxies = get_environ_proxies(address.url, no_proxy=None)
        if authorities is not None:
            self._session.mount("https://", _Adapter(authorities))

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
            raise Unavailable(_words(error)) from None

    def cancel(self) -> None:
        """Do nothing: the thread ends with the program."""


class _Adapter(HTTPAdapter):
    """Trusts the authorities that were read at the start."""

    def __init__(self, authorities: ssl.SSLContext) -> None:
        self._authorities = authorities
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._authorities)

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, **options, ssl_context=self._authorities)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Require a valid certificate, without reading a file for it."""
        conn.cert_reqs = "CERT_REQUIRED"


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


def _words(error: requests.RequestException) -> str:
    """Return what failed in a few words; the text of the error itself contains the URL."""
    if isinstance(error, requests.exceptions.SSLError):
        return "certificate rejected, or no TLS"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy failed"
    if isinstance(error, requests.Timeout):
        return "timed out"
    cause = _innermost(error)
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower() if cause.errno and cause.errno > 0 else "host not found"
    return "the connection failed"


def _innermost(error: BaseException) -> BaseException:
    """Return the cause of an error, usually an error of the system."""
    seen = error
    for _ in range(10):
        reasons = (getattr(seen, "reason", None), seen.__cause__, seen.__context__, *seen.args)
        inner = next((each for each in reasons if isinstance(each, BaseException) and each is not seen), None)
        if inner is None:
            return seen
        seen = inner
    return seen
