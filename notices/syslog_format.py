"""What all syslog messages have in common: headers (RFC 5424), cuts and frames (RFC 6587). Pure."""

from datetime import datetime
from typing import Final

FACILITIES: Final = {
    name: number
    for number, name in enumerate(
        ("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp")
    )
} | {f"local{number}": 16 + number for number in range(8)}
"""Numbers of RFC 5424 section 6.2.1, by the names of syslog(3)."""
CRITICAL: Final = 2
ERROR: Final = 3
WARNING: Final = 4
NOTICE: Final = 5
INFORMATIONAL: Final = 6
"""Severities of RFC 5424 section 6.2.1."""
USUAL_SIZE: Final = 2048
"""Octets that every receiver should accept (RFC 5424 section 6.1)."""
APPLICATION: Final = "http-monitor"
_LATEST: Final = 253_402_000_000
"""A second of the last year with four digits, wherever this is: capture clocks may say anything."""
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def header_name(text: str, longest: int) -> str:
    """Keep printable ASCII without spaces; return `-` if nothing is left (section 6)."""
    return "".join(letter for letter in text if "!" <= letter <= "~")[:longest] or "-"


def local_header(priority: int, time: float, process: int) -> str:
    """Return what syslog(3) writes to the local socket before the text, in local time."""
    here = datetime.fromtimestamp(min(max(time, 0.0), _LATEST))
    date = f"{_MONTHS[here.month - 1]} {here.day:2} {here:%H:%M:%S}"
    return f"<{priority}>{date} {APPLICATION}[{process}]: "


def cut(raw: bytes, size: int = USUAL_SIZE) -> bytes:
    """Cut a message in UTF-8 between two characters."""
    return raw if len(raw) <= size else raw[:size].decode("utf-8", "ignore").encode()


def counted(message: bytes) -> bytes:
    """Return a frame of a stream: the number of octets, a space and the message (RFC 6587 section 3.4.1, and RFC 5425
    section 4.3 for TLS).
    """
    return b"%d %b" % (len(message), message)
