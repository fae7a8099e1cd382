"""Posts metrics to a collector over HTTP (OTLP/HTTP, binary protobuf), and reads what it says about them."""

import gzip
import http.client
import json
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

import requests
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)

from notices.connection import failure, new_session
from notices.errors import Refused, Unavailable

LATER: Final = frozenset({429, 502, 503, 504})
"""Temporary errors, by the specification; after any other one, the same metrics are not sent again."""
MAX_ANSWER: Final = 16384
"""Bytes of an answer that are read."""
MAX_WORDS: Final = 200
"""Characters of its text that are shown."""
_TYPE: Final = "application/x-protobuf"


@dataclass(frozen=True)
class Destination:
    """Where metrics are posted to."""

    url: str = field(repr=False)
    name: str
    """Name for messages to the user."""
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)
    """Further header fields, which may contain secrets."""
    timeout: float = 10.0
    """Seconds for connecting, for each part of the answer, and for its body."""
    compressed: bool = True
    authorities: ssl.SSLContext | None = None
    """Needed for https; it has the client's certificate too, if there is one."""


class Answer(NamedTuple):
    """What the collector said of metrics that it took."""

    rejected: int = 0
    """Data points that it did not take."""
    words: str = ""
    """Why, or another remark."""


class Collector:
    """A collector of metrics. One thread uses it."""

    def __init__(self, destination: Destination) -> None:
        self.name = f"otlp {destination.name}"
        self._destination = destination
        self._session = new_session(destination.url, destination.authorities)

    def packed(self, message: bytes) -> bytes:
        """Return the body for a message."""
        return gzip.compress(message, 6, mtime=0) if self._destination.compressed else message

    def post(self, body: bytes) -> Answer:
        """Post a body. Redirects are not followed: they lead to another server.

        Raises:
            Refused: the collector does not take it, and would not later.
            Unavailable: it may take it later.
        """
        to = self._destination
        encoding = {"Content-Encoding": "gzip"} if to.compressed else {}
        headers = {"User-Agent": "http-monitor", **to.headers, "Content-Type": _TYPE, **encoding}
        try:
            with self._session.post(
                to.url, data=body, headers=headers, timeout=to.timeout, allow_redirects=False, stream=True
            ) as response:
                return self._judged(response)
        except requests.RequestException as error:
            raise Unavailable(failure(error)) from None

    def _judged(self, response: requests.Response) -> Answer:
        status, kind = response.status_code, response.headers.get("Content-Type", "")
        if status in LATER:
            raise Unavailable(_answered(status), wait_of(response.headers.get("Retry-After", "")))
        if 300 <= status < 400:
            raise Refused(f"{_answered(status)}, and redirects are not followed; name the final URL")
        text = self._read(response)
        if not 200 <= status < 300:
            words = _error_text(text, kind)
            raise Refused(_answered(status) + (f": {words}" if words else ""))
        return answer_of(text, kind)

    def _read(self, response: requests.Response) -> bytes:
        """Read the body, for a limited time: a peer may send a byte at a time. If it breaks off, the status counts."""
        deadline, found = time.monotonic() + self._destination.timeout, bytearray()
        with suppress(requests.RequestException):
            for part in response.iter_content(1):
                found += part
                if len(found) >= MAX_ANSWER or time.monotonic() > deadline:
                    break
        return bytes(found)


def answer_of(body: bytes, kind: str) -> Answer:
    """Return what the body of a successful answer says."""
    if not body.strip():
        return Answer()
    try:
        if "json" in kind:
            partial = json.loads(body).get("partialSuccess") or {}
            return Answer(int(partial.get("rejectedDataPoints", 0)), printable(str(partial.get("errorMessage", ""))))
        if kind.partition(";")[0].strip().lower() not in (_TYPE, ""):
            return Answer(words=f"answered with {printable(kind)}: is this the URL of an OTLP receiver?")
        told = ExportMetricsServiceResponse.FromString(body).partial_success
    except (DecodeError, ValueError, TypeError, AttributeError):
        return Answer(words="its answer cannot be read: is this the URL of an OTLP receiver?")
    return Answer(told.rejected_data_points, printable(told.error_message))


def wait_of(text: str, now: float | None = None) -> float:
    """Return the seconds that `Retry-After` asks for, a number or a date (RFC 9110 section 10.2.3); 0 for none."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return max(0.0, until - (time.time() if now is None else now))


def _error_text(body: bytes, kind: str) -> str:
    """Return the text of an error, which is a Status of gRPC, or anything else."""
    if kind.startswith(_TYPE):
        try:
            # A Status has a number and a text with the same tags.
            return printable(ExportMetricsPartialSuccess.FromString(body).error_message)
        except DecodeError:
            return ""
    return printable(body.decode("utf-8", "replace")) if kind.startswith(("text/plain", "application/json")) else ""


def printable(text: str) -> str:
    """Return a text of the collector for the screen: short, on one line, without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:MAX_WORDS]).strip()


def _answered(status: int) -> str:
    return f"answered {status} {http.client.responses.get(status, '')}".rstrip()
