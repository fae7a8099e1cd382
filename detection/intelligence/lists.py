"""Lists with an indicator per line: plain ones, hosts files, ranked names, and the simple rules of ad blockers."""

from collections.abc import Iterable, Iterator
from typing import Final

from detection.intelligence.indicator import INVALID, Indicator, Kind
from detection.intelligence.values import classified

_NOWHERE: Final = frozenset(("0.0.0.0", "127.0.0.1", "::", "::1", "255.255.255.255", "fe80::1%lo0", "ff02::1"))
"""Addresses to which a hosts file leads names."""
_COMMENTS: Final = ("#", ";", "!", "//")
_FIELDS: Final = 4
"""Fields of a line among which the indicator is."""


def from_lines(lines: Iterable[str]) -> Iterator[Indicator | str]:
    """Yield the entries of a list. A comment begins a line, or follows a space."""
    for line in lines:
        line = line.strip()
        if not line or line.startswith(_COMMENTS):
            continue
        if " " in line or "\t" in line:
            line = line.replace("\t", " ").partition(" #")[0].partition(" ;")[0]
        fields = line.replace(",", " ").replace('"', " ").split(maxsplit=_FIELDS)
        if fields and fields[0] in _NOWHERE and len(fields) > 1:
            yield from (Indicator(Kind.DOMAIN, name) for name in line.split()[1:])
        else:
            yield _entry(fields)


def _entry(fields: list[str]) -> Indicator | str:
    words = [field[2:].rstrip("^") if field.startswith("||") else field for field in fields[:_FIELDS]]  # of ad blockers
    if len(words) == 1:
        return Indicator(None, words[0])
    return next((Indicator(None, word) for word in words if classified(word) is not None), INVALID)
