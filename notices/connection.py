"""Connections to HTTP servers. Everything TLS needs was read at the start, and no message contains a URL."""

import ssl
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies


def new_session(url: str, authorities: ssl.SSLContext | None) -> requests.Session:
    """Return a session for a URL. It uses the proxies of the environment, and reads no file later on."""
    session = requests.Session()
    session.trust_env = False  # no .netrc, and no other files that are read later
    session.proxies = dict(get_environ_proxies(url, no_proxy=None))
    if authorities is not None:
        session.mount("https://", _Adapter(authorities))
    return session


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


def failure(error: requests.RequestException) -> str:
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
