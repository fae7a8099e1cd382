"""Sends records to a collector by HTTPS. `requests` keeps the connection open between batches.

Everything TLS needs is read when the target is made. Proxies of the environment are not used: the address is where
records go.
"""

import ssl
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter

from fleet.batch import MEDIA_TYPE, PATH, batches
from history.address import StoreAddress
from history.record import Level, SensorRecord, StoreError
from history.record_codec import encode

CONNECT: Final = 10.0
ANSWER: Final = 60.0
"""Seconds to wait for the connection, and for an answer."""
LONGEST_ANSWER: Final = 200
"""Characters of an answer that are shown."""
_WRONG: Final = frozenset({400, 413, 422})
"""Statuses that say that the records themselves are wrong."""


class CollectorTarget:
    """A `Target`: the collector at an address, with the token of the sensor."""

    def __init__(self, address: StoreAddress, secret: str) -> None:
        """Read the certificates; nothing is sent yet.

        Raises:
            StoreError: a certificate cannot be used, or the token is missing.
        """
        if not secret:
            raise StoreError(f"{address} needs a token; use ?token_file=FILE")
        if not (secret.isascii() and secret.isprintable()) or " " in secret:
            raise StoreError(
                f"{address.secret_file} is not the token alone; it has one line, without the sensor's name"
            )
        self.skew: float | None = None
        """Seconds that the clock of this host is ahead of the collector's, within one; None until it has answered."""
        self._name = str(address)
        host = f"[{address.host}]" if ":" in address.host else address.host
        self._url = f"{'https' if address.tls else 'http'}://{host}:{address.port}{PATH}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(
            {"Authorization": f"Bearer {secret}", "Content-Type": MEDIA_TYPE, "User-Agent": "http-monitor"}
        )
        if address.tls:
            self._session.mount("https://", _Adapter(_context(address)))

    def send(self, records: Sequence[SensorRecord]) -> None:
        """See `Target.send`. The collector makes longer periods itself, so only buckets are sent."""
        try:
            blocks = [encode(record) for record in records if record.series.level is Level.BUCKET]
        except ValueError as reason:
            raise StoreError(str(reason), refused=True) from reason
        for batch in batches(blocks):
            self._post(batch)

    def close(self) -> None:
        """See `Target.close`."""
        self._session.close()

    def _post(self, batch: bytes) -> None:
        try:
            with self._session.post(
                self._url, data=batch, timeout=(CONNECT, ANSWER), allow_redirects=False, stream=True
            ) as response:
                said = response.raw.read(LONGEST_ANSWER, decode_content=False)  # to its end, which keeps the connection
                status, retry_after = response.status_code, response.headers.get("Retry-After", "")
                self.skew = _skew(response.headers.get("Date", ""), time.time())
        except (requests.RequestException, OSError) as reason:
            raise StoreError(f"{self._name}: {_failure(reason)}") from None
        if not 200 <= status < 300:
            raise self._error(status, _one_line(said), retry_after)

    def _error(self, status: int, said: str, retry_after: str) -> StoreError:
        if status == 401:
            return StoreError(f"{self._name}: wrong token; put the one of the collector's --token-file into token_file")
        if status == 403:
            return StoreError(f"{self._name}: {said or 'not allowed'}; add a line to the collector's --token-file")
        if status in (429, 503):
            wait = f"; it asks to wait {retry_after} s" if retry_after.isascii() and retry_after.isdecimal() else ""
            return StoreError(f"{self._name} cannot store now: {said or status}{wait}")
        if status in _WRONG:
            return StoreError(f"{self._name} refused records: {said or status}", refused=True)
        return StoreError(f"{self._name} answered {status}; is it a collector?")


class _Adapter(HTTPAdapter):
    """Trusts what the context trusts."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_maxsize=1)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._context)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Require a valid certificate, without reading a file for it."""
        conn.cert_reqs = "CERT_REQUIRED"


def _context(address: StoreAddress) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=address.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    except ssl.SSLError as reason:
        raise StoreError(f"{address.ca} contains no certificates (PEM)") from reason
    except OSError as reason:
        raise StoreError(f"cannot read {address.ca}: {reason.strerror}") from reason
    try:
        if address.cert:
            context.load_cert_chain(address.cert, address.key, password=_no_password)
    except (OSError, ValueError) as reason:
        words = "are not a certificate and its key without a password (PEM)"
        raise StoreError(f"{address.cert} and {address.key} {words}, or cannot be read") from reason
    return context


def _no_password() -> str:
    raise ValueError("a password is needed")


def _skew(date: str, now: float) -> float | None:
    """Return how far `now` is ahead of the date of an answer; None if that is malformed."""
    try:
        return now - parsedate_to_datetime(date).timestamp() - 0.5  # a date has no fractions
    except (ValueError, TypeError, OverflowError):
        return None


def _one_line(said: bytes) -> str:
    text = " ".join(said.decode("utf-8", "replace").split())
    return text if text.isprintable() else ""


def _failure(reason: BaseException) -> str:
    """Return what failed, and the fix where there is one."""
    cause = _innermost(reason)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate not trusted ({cause.verify_message}); use ?ca=FILE, and the name that it was issued for"
    if isinstance(cause, ssl.SSLError):
        return "no TLS, or it demands a client certificate; use ?cert=FILE&key=FILE"
    if isinstance(reason, requests.Timeout):
        return "timed out"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower() if cause.errno and cause.errno > 0 else "host not found"
    return "connection lost"


def _innermost(error: BaseException) -> BaseException:
    """Return the cause of an error, usually one of the system."""
    seen = error
    for _ in range(10):
        reasons = (getattr(seen, "reason", None), seen.__cause__, seen.__context__, *seen.args)
        below = next((reason for reason in reasons if isinstance(reason, BaseException)), None)
        if below is None:
            return seen
        seen = below
    return seen
