"""A webhook: each notice is posted as JSON. `requests` is imported with the first one that is set up.

All that TLS needs is read at the start, as the program may not be able to read it once it has given up its rights. The
URL is a secret: it appears in no text that is made here.
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
"""Client errors that pass: time-out, too early, too many requests. So do all server errors."""


@dataclass(frozen=True)
class Body:
    """A format of what is posted."""

    build: Callable[[Notice], bytes]
    repeat: float | None = None
    """Seconds after which an alert that goes on is posted again."""


@dataclass(frozen=True)
class Address:
    """Where to post."""

    url: str = field(repr=False)
    host: str
    """For the user."""


class Webhook:
    """One URL."""

    def __init__(self, address: Address, body: Body, timeout: float, authorities: ssl.SSLContext | None) -> None:
        """`timeout`: seconds for the connection, and for each part of the answer. `authorities`: for an https URL."""
        self.name = f"webhook {address.host}"
        self.repeat = body.repeat
        self._url = address.url
        self._body = body
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False  # no .netrc, and no files that are read later
        self._session.proxies = get_environ_proxies(address.url, no_proxy=None)
        if authorities is not None:
            self._session.mount("https://", _Adapter(authorities))

    def send(self, notice: Notice) -> None:
        """Post it. A redirection is not followed: it would become another request, to somebody else.

        Raises:
            Refused: the server says that it is our fault.
            Unavailable: it cannot be reached, or says that it is its own fault, or that this is too much at a time.
        """
        try:
            with self._session.post(
                self._url,
                data=self._body.build(notice),
                headers=_headers(notice),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,  # nothing of the answer is read but its head
            ) as response:
                _judge(response.status_code, response.headers.get("Retry-After", ""))
        except requests.RequestException as error:
            raise Unavailable(_words(error)) from None

    def cancel(self) -> None:
        """Nothing to end: the thread ends with the program."""


class _Adapter(HTTPAdapter):
    """Believes the authorities that were read at the start."""

    def __init__(self, authorities: ssl.SSLContext) -> None:
        self._authorities = authorities
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._authorities)

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, **options, ssl_context=self._authorities)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Certificates are checked; only no file is named for it here."""
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
    """What failed; the text of the error itself has the URL in it."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not accepted, or it speaks no TLS"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy cannot be used"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    cause = _innermost(error)
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower() if cause.errno and cause.errno > 0 else "its name is not known"
    return "the connection failed"


def _innermost(error: BaseException) -> BaseException:
    """What the library met first: an error of the system, as a rule."""
    seen = error
    for _ in range(10):
        reasons = (getattr(seen, "reason", None), seen.__cause__, seen.__context__, *seen.args)
        inner = next((each for each in reasons if isinstance(each, BaseException) and each is not seen), None)
        if inner is None:
            return seen
        seen = inner
    return seen
