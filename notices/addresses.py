"""Parses the addresses of receivers from the settings. Errors never quote an address: it may contain a secret."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

from notices.errors import NoticeError
from notices.mail import RELAY, SUBMISSION, SUBMISSION_TLS, Security

FORMATS: Final = ("json", "slack", "alertmanager")
_ALERTS: Final = "/api/v2/alerts"


@dataclass(frozen=True)
class Hook:
    """A webhook."""

    format: str
    """One of FORMATS."""
    url: str = field(repr=False)
    host: str
    """Name for messages to the user."""


def hooks(text: str, usual: str, origin: str) -> list[Hook]:
    """Parse webhooks, one per line: a URL, with its format in front unless it is `usual`. `#` begins a comment.

    Raises:
        NoticeError: a line is malformed; `origin` says where it is from.
    """
    lines = [line.strip() for line in text.splitlines()]
    return [
        _hook(line, usual, f"{origin}, line {number}" if len(lines) > 1 else origin)
        for number, line in enumerate(lines, 1)
        if line and not line.startswith("#")
    ]


def _hook(line: str, usual: str, origin: str) -> Hook:
    *before, url = line.split()
    form = before[0] if before else usual
    if len(before) > 1 or form not in FORMATS:
        raise NoticeError(f"{origin}: write a URL, or a format ({', '.join(FORMATS)}) and a URL")
    parts = _split(url, origin)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NoticeError(f"{origin}: the URL must begin with http:// or https:// and a host")
    if form == "alertmanager" and parts.path in ("", "/"):
        url = parts._replace(path=_ALERTS).geturl()
    return Hook(form, url, parts.hostname)


def smtp_server(text: str, security: Security, login: bool, origin: str) -> tuple[str, int]:
    """Return host and port; the default port depends on the security and the login.

    Raises:
        NoticeError: the text is not `host` or `host:port`.
    """
    parts = _split(f"//{text}", origin)
    if not parts.hostname or parts.path or parts.query or "@" in text:
        raise NoticeError(f"{origin}: write host or host:port")
    usual = SUBMISSION_TLS if security == "tls" else SUBMISSION if login else RELAY
    return parts.hostname, parts.port or usual


def mail_address(text: str, origin: str) -> str:
    """Check an address such as `someone@example.com`, and return it.

    Raises:
        NoticeError: it is not an address, or not ASCII; not every server accepts other letters.
    """
    name, _, domain = text.rpartition("@")
    if not name or not domain or not text.isascii() or not text.isprintable() or set(text) & set(' <>,;:"()[]\\'):
        raise NoticeError(f"{origin}: {text!r} is not an address; write someone@example.com")
    return text


def _split(url: str, origin: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 raises if it is not a number
    except ValueError:
        raise NoticeError(f"{origin}: the address is malformed") from None
    return parts
