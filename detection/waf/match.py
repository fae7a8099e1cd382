"""What matched in an exchange, as ModSecurity reports it. Pure."""

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from traffic.text import printable

LONGEST_MESSAGE: Final = 120
LONGEST_NAME: Final = 60
LONGEST_VALUE: Final = 200
"""Characters kept."""
_DATA: Final = re.compile(r"Matched Data: (.*?) found within ([A-Z_]+(?::.{0,200}?)??)(?:: |$)", re.DOTALL)
_VARIABLE: Final = re.compile(r"against variable `([A-Z_]+(?::.{0,200}?)??)' \(Value: `(.*)' \)", re.DOTALL)
_FINGERPRINT: Final = "detected "
"""Matches of libinjection, whose data is a fingerprint."""
_LEVEL: Final = "paranoia-level/"
_ATTACK: Final = "attack-"


class Match(NamedTuple):
    """A rule that matched. Its texts are cut and printable, but not masked."""

    rule: int
    phase: int
    """1 and 2: request; 3 and 4: response."""
    severity: int
    """Of syslog: 2 critical, 3 error, 4 warning, 5 notice. 0 if the rule has none."""
    message: str
    level: int
    """Paranoia level."""
    attack: str
    """Kind of attack, as `sqli`; empty if the rule names none."""
    place: str
    """Variable that matched, as `ARGS:id`; empty if unknown."""
    value: str
    """What matched in it, or its whole value."""


def match_of(said: Any) -> Match:
    """Convert a message of ModSecurity."""
    tags: list[str] = _texts(said)
    place, value = _place(_text(lambda: said.data), _text(lambda: said.match))
    return Match(
        said.rule_id,
        said.phase,
        said.severity,
        printable(_text(lambda: said.message).encode(), LONGEST_MESSAGE),
        next((int(tag[-1]) for tag in tags if tag.startswith(_LEVEL) and tag[-1].isdecimal()), 1),
        next((tag.removeprefix(_ATTACK) for tag in tags if tag.startswith(_ATTACK)), ""),
        printable(place.removeprefix("MATCHED_VARS:").encode(), LONGEST_NAME),
        printable(value.encode(), LONGEST_VALUE),
    )


def _texts(said: Any) -> list[str]:
    try:
        return list(said.tags)
    except UnicodeDecodeError:
        return []


def _text(read: Callable[[], str]) -> str:
    """Return a text, cut; empty if it has bytes of the traffic that are no UTF-8, which the library cannot convert."""
    try:
        return read()[:8192]
    except UnicodeDecodeError:
        return ""


def _place(data: str, match: str) -> tuple[str, str]:
    """Return the variable and the value: from the log message of the rule, which says more, or from the match."""
    if found := _DATA.match(data):
        return found[2], data[found.end() :] if match.startswith(_FINGERPRINT) else found[1]
    if found := _VARIABLE.search(match):
        return found[1], found[2]
    place, equals, value = data.partition("=")
    return (place, value) if equals and re.fullmatch(r"[A-Z_]+(:.*)?", place) else ("", data)
