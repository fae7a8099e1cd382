"""What tells that a message evades inspection: which oddities are signs, how certain, and several together. Pure.

A sign is medium if hardly anything but an evasion makes it, and low if broken but ordinary software does, too. The
captures of ordinary traffic in the public corpora of Zeek, nDPI, Arkime and tcpdump are the measure.
"""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from detection.tally import Distinct, Repeats
from traffic.finding import LOW, MEDIUM


class Sign(NamedTuple):
    """What an oddity is a sign of."""

    rule: str
    """Name of the rule after `evasion/`."""
    response: str
    """Severity in a response; empty if it is no sign there."""
    request: str = ""
    """Severity in a request."""


def _both(rule: str, severity: str) -> Sign:
    return Sign(rule, severity, severity)


SIGNS: Final = MappingProxyType(
    {
        # Lines of heads.
        "bare CR in a head": _both("bare-cr", MEDIUM),
        "bare LF in a head": _both("bare-lf", LOW),
        "mixed line ends in a head": _both("mixed-line-ends", LOW),
        "control character in a head": Sign("control-character", MEDIUM, LOW),
        "white space before a colon": _both("space-before-colon", MEDIUM),
        "bad field name": _both("bad-field-name", LOW),
        "line of white space in a head": _both("white-line", MEDIUM),
        "folded field line": _both("folded-field", LOW),
        "field of bodies in a folded line": _both("hidden-in-fold", MEDIUM),
        "head without an empty line": Sign("head-without-end", LOW),
        # The first line, and what comes before it.
        "unusual HTTP version": _both("http-version", LOW),
        "malformed request line": Sign("request-line", "", LOW),
        "malformed status line": Sign("status-line", LOW),
        "status code out of range": Sign("status-code", LOW),
        "101 without Upgrade": Sign("101-without-upgrade", MEDIUM),
        "not an HTTP message": Sign("not-http", LOW),
        "stray bytes before a response": Sign("bytes-before-response", LOW),
        "empty line before a response": Sign("bytes-before-response", LOW),
        "bare CR before a response": Sign("bytes-before-response", MEDIUM),
        # How long the body is.
        "Content-Length with Transfer-Encoding": _both("length-and-chunked", MEDIUM),
        "conflicting Content-Length": _both("conflicting-length", MEDIUM),
        "repeated Content-Length": _both("repeated-length", LOW),
        "bad Content-Length": _both("bad-length", MEDIUM),
        "bytes after a response": Sign("bytes-after-response", LOW),
        "Transfer-Encoding without chunked": _both("transfer-coding", MEDIUM),
        "identity transfer coding": _both("transfer-coding", LOW),
        "unknown transfer coding": _both("transfer-coding", MEDIUM),
        "chunked is not the last transfer coding": _both("transfer-coding", MEDIUM),
        "repeated Transfer-Encoding": _both("transfer-coding", LOW),
        "unusual spelling of chunked": _both("transfer-coding", LOW),
        "chunked in HTTP/1.0": _both("chunked-in-http10", LOW),
        # Lines between chunks.
        "bad chunk size": _both("chunk-size", MEDIUM),
        "bad chunk end": _both("chunk-end", MEDIUM),
        "leading zeros in a chunk size": _both("chunk-zeros", LOW),
        "bad white space around a chunk size": _both("chunk-white-space", MEDIUM),
        "spaces after a chunk size": _both("chunk-white-space", LOW),
        "bare LF in chunked framing": _both("chunk-line-end", MEDIUM),
        "malformed chunk extension": _both("chunk-extension", MEDIUM),
        "chunk extension in a response": Sign("chunk-extension", LOW),
        "bad trailer field": _both("trailer", LOW),
        "last chunk cut short": Sign("last-chunk", LOW),
        # Which host is asked.
        "multiple Host fields": Sign("host", "", MEDIUM),
        "Host differs from the target": Sign("host", "", LOW),
    }
)
"""Signs by the name of the oddity, as in `docs/oddities.md`."""

NEEDS_ALL_BYTES: Final = frozenset(
    ("bad chunk size", "bad chunk end", "not an HTTP message", "bytes after a response", "last chunk cut short")
)
"""Oddities that are no sign if the capture lost bytes of the exchange, for they may come from the loss."""

ENOUGH_LOW: Final = 3
"""Different rules that together are medium, although each of them alone is low."""

PAUSE: Final = 600.0
"""Seconds until the same is reported again: a rule, sender and path, and if it is medium, the receiver."""
MOST: Final = MappingProxyType({LOW: 10, MEDIUM: 100})
"""Findings per rule and sender in ten minutes, by severity. More of them tell nothing new."""
OF_RESPONSES: Final = "T1027"
"""Obfuscated files or information, also in transit."""
OF_REQUESTS: Final = "T1190"
"""Exploit public-facing application: request smuggling."""


class Found(NamedTuple):
    """A sign that a message has."""

    severity: str
    rule: str
    """As in `Sign`."""
    text: str
    """What was seen, in a few words."""


class Verdict(NamedTuple):
    """What all signs of a message tell."""

    severity: str
    rule: str
    """The rule of the most certain sign, with its prefix."""
    text: str
    """What was seen."""


def verdict(found: Sequence[Found]) -> Verdict | None:
    """Judge the signs of a message; None if there are none."""
    if not found:
        return None
    first = next((each for each in found if each.severity == MEDIUM), found[0])
    enough = len({each.rule for each in found}) >= ENOUGH_LOW
    text = "; ".join(dict.fromkeys(each.text for each in found))
    return Verdict(MEDIUM if enough else first.severity, f"evasion/{first.rule}", text)


class Series:
    """Tells what to report, so that a sender makes a finding for each of its files, but not thousands."""

    def __init__(self) -> None:
        self._repeats = Repeats(PAUSE)
        self._places = Distinct(PAUSE, most=MOST[MEDIUM] + 1)

    def is_new(self, judged: Verdict, sender: str, receiver: str, path: str, time: float) -> bool:
        """Return whether to report a verdict on a message from `sender` to `receiver` about a path."""
        key = f"{judged.rule} {sender}"
        place = f"{receiver} {path}" if judged.severity == MEDIUM else path
        few = self._places.add(key, time, place) <= MOST[judged.severity]
        return few and self._repeats.is_first(f"{key} {place}", time)
