r"""Formats a notice as a syslog message (RFC 5424). Pure.

    <28>1 2026-11-22T17:02:10.000Z web-1 http-monitor 4711 RAISED [notice@32473 signal="request_rate" ...] text

The number 32473 is reserved for examples (RFC 5612); this program has no number.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from notices.notice import Fact, Kind, Notice, contributor_line, facts, moment

FACILITIES: Final = {
    name: number
    for number, name in enumerate(
        ("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp")
    )
} | {f"local{number}": 16 + number for number in range(8)}
"""Numbers of RFC 5424 section 6.2.1, by the names of syslog(3)."""
MAX_SIZE: Final = 2048
"""Maximum octets: receivers should accept messages of this size (RFC 5424 section 6.1)."""
_SEVERITIES: Final = {Kind.RAISED: 4, Kind.DISMISSED: 5, Kind.FLAPPING: 4, Kind.CALM: 5, Kind.TEST: 5}
"""4 is a warning, 5 a notice."""
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_APPLICATION: Final = "http-monitor"
_LEFT_OUT: Final = frozenset({"time", "host", "text", "headline"})
"""Facts that have their own field in the message."""
_MAX_VALUE: Final = 160
_BOM: Final = "\ufeff"


def syslog_message(notice: Notice, facility: int, process: int) -> bytes:
    """Return the message without framing, at most MAX_SIZE octets."""
    head = " ".join(
        (
            f"<{8 * facility + _SEVERITIES[notice.kind]}>1",
            moment(notice.time),
            _name(notice.host, 255),
            _APPLICATION,
            str(process),
            notice.kind.value.upper(),
            _structured(notice),
        )
    )
    return _fitted(head, f"{notice.headline} - {notice.text}")


def local_message(notice: Notice, facility: int, process: int) -> bytes:
    """Return the message as syslog(3) writes it to the local socket, which daemons understand by default."""
    priority = 8 * facility + _SEVERITIES[notice.kind]
    here = datetime.fromtimestamp(notice.time)
    date = f"{_MONTHS[here.month - 1]} {here.day:2} {here:%H:%M:%S}"
    text = f"<{priority}>{date} {_APPLICATION}[{process}]: {notice.headline} - {notice.text}"
    return _cut(text.encode("utf-8", "replace"))


def _fitted(head: str, text: str) -> bytes:
    """Join head and text, with a byte order mark before a text that is not ASCII (section 6.4)."""
    return _cut(f"{head} {'' if text.isascii() else _BOM}{text}".encode("utf-8", "replace"))


def _cut(raw: bytes) -> bytes:
    return raw if len(raw) <= MAX_SIZE else raw[:MAX_SIZE].decode("utf-8", "ignore").encode()


def _structured(notice: Notice) -> str:
    parameters = "".join(f' {name}="{_escaped(value)}"' for name, value in _parameters(notice))
    return f"[notice@32473{parameters}]"


def _parameters(notice: Notice) -> Iterator[tuple[str, Fact]]:
    for name, value in facts(notice).items():
        if value is not None and name not in _LEFT_OUT:
            yield name, value
    for contributor in notice.alert.contributors[:3]:
        yield "contributor", contributor_line(contributor)


def _escaped(value: Fact) -> str:
    """Put a backslash before quotation marks, backslashes and closing brackets (section 6.3.3)."""
    text = str(value)[:_MAX_VALUE]
    return text.replace("\\", r"\\").replace('"', r"\"").replace("]", r"\]")


def _name(text: str, longest: int) -> str:
    """Keep printable ASCII without spaces; return `-` if nothing is left (section 6)."""
    return "".join(letter for letter in text if "!" <= letter <= "~")[:longest] or "-"
