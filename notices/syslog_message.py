r"""Formats a notice as a syslog message (RFC 5424). Pure.

    <28>1 2026-11-22T17:02:10.000Z web-1 http-monitor 4711 RAISED [notice@32473 signal="request_rate" ...] text

The number 32473 is reserved for examples (RFC 5612); this program has no number.
"""

from collections.abc import Iterator
from typing import Final

from notices.notice import Fact, Kind, Notice, contributor_line, facts, moment
from notices.syslog_format import APPLICATION, NOTICE, WARNING, cut, header_name, local_header

SEVERITIES: Final = {
    Kind.RAISED: WARNING,
    Kind.DISMISSED: NOTICE,
    Kind.FLAPPING: WARNING,
    Kind.CALM: NOTICE,
    Kind.BLOCKED: WARNING,
    Kind.UNBLOCKED: NOTICE,
    Kind.ACKNOWLEDGED: NOTICE,
    Kind.ACCEPTED: NOTICE,
    Kind.RELEARNING: NOTICE,
    Kind.BASELINE: NOTICE,
    Kind.MUTED: NOTICE,
    Kind.UNMUTED: NOTICE,
    Kind.TEST: NOTICE,
}
_LEFT_OUT: Final = frozenset({"time", "host", "text", "headline"})
"""Facts that have their own field in the message."""
_MAX_VALUE: Final = 160
_BOM: Final = "\ufeff"


def syslog_message(notice: Notice, facility: int, process: int) -> bytes:
    """Return the message without framing, at most USUAL_SIZE octets."""
    head = " ".join(
        (
            f"<{8 * facility + SEVERITIES[notice.kind]}>1",
            moment(notice.time),
            header_name(notice.host, 255),
            APPLICATION,
            str(process),
            notice.kind.value.upper(),
            _structured(notice),
        )
    )
    return _fitted(head, f"{notice.headline} - {notice.text}")


def local_message(notice: Notice, facility: int, process: int) -> bytes:
    """Return the message as syslog(3) writes it to the local socket, which daemons understand by default."""
    head = local_header(8 * facility + SEVERITIES[notice.kind], notice.time, process)
    return cut(f"{head}{notice.headline} - {notice.text}".encode("utf-8", "replace"))


def _fitted(head: str, text: str) -> bytes:
    """Join head and text, with a byte order mark before a text that is not ASCII (section 6.4)."""
    return cut(f"{head} {'' if text.isascii() else _BOM}{text}".encode("utf-8", "replace"))


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
