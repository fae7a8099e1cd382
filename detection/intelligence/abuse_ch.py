"""The feeds of abuse.ch: URLhaus, ThreatFox, Feodo Tracker and SSLBL, as CSV and as JSON, which have the same columns.

Their CSV files begin with comments, and the last of these names the columns. Most end with a comment that says how many
entries there are.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from detection.intelligence.dates import seconds_of
from detection.intelligence.indicator import INVALID, UNSUPPORTED, FeedError, Indicator, Kind

_COLUMNS: Final = {
    "url": (Kind.URL, "URLhaus"),
    "ioc_value": (None, "ThreatFox"),
    "ioc": (None, "ThreatFox"),
    "dst_ip": (Kind.ADDRESS, "Feodo Tracker"),
    "ip_address": (Kind.ADDRESS, "Feodo Tracker"),
    "dstip": (Kind.ADDRESS, "SSLBL"),
    "sha1": (Kind.CERTIFICATE, "SSLBL"),
    "ja3_md5": (Kind.JA3, "SSLBL"),
}
"""Columns of the indicator itself, with their kind (None: another column says it) and the name of the feed."""
_BESIDES: Final = frozenset(("dateadded", "first_seen_utc", "first_seen", "firstseen", "listingdate"))
"""Columns one of which is beside that of the indicator."""
_TYPES: Final = {
    "ip:port": Kind.ADDRESS,
    "domain": Kind.DOMAIN,
    "url": Kind.URL,
    "md5_hash": Kind.FILE,
    "sha1_hash": Kind.FILE,
    "sha256_hash": Kind.FILE,
    "ja3_fingerprint": Kind.JA3,
    "ja4_fingerprint": Kind.JA4,
}
_SEEN: Final = (
    "last_seen_utc", "last_seen", "lastseen", "last_online", "first_seen_utc", "first_seen", "firstseen", "dateadded",
    "date_added", "listingdate",
)  # fmt: skip
_DESCRIPTIONS: Final = ("malware_printable", "malware", "listingreason", "threat")
_ENTRIES: Final = re.compile(r"#\s*(?:END\s+|Number of entries:\s*)(\d+)", re.IGNORECASE)
_AMONG_FIRST: Final = 50
"""Lines among which the names of the columns are."""


def columns_in(lines: Iterable[str]) -> list[str] | None:
    """Return the names of the columns of a CSV file, in lower case; None if none of its first lines names them."""
    for _, line in zip(range(_AMONG_FIRST), lines, strict=False):
        names = [name.lower() for name in _fields(line.lstrip("# "))]
        if _named(names) and _BESIDES & {*names}:
            return names
    return None


def title_of(columns: Iterable[str]) -> str:
    """Return the name of the feed with these columns."""
    return _COLUMNS[_named(columns)][1]


def from_csv(lines: Iterable[str], columns: Sequence[str]) -> Iterator[Indicator | str]:
    """Yield the entries of a CSV file.

    Raises:
        FeedError: it has fewer entries than its last line says.
    """
    entries = 0
    for line in lines:
        if line.startswith("#"):
            promised = _ENTRIES.match(line)
            if promised is not None and entries < int(promised[1]):
                raise FeedError(f"is truncated: it has {entries:,} of {int(promised[1]):,} entries")
        elif line.strip():
            fields = _fields(line)
            if [field.lower() for field in fields] != [*columns]:
                entries += 1
                yield entry(dict(zip(columns, fields, strict=False)))


def rows_in(document: Any) -> list[dict[str, Any]] | None:
    """Return the entries of a JSON document; None if it is no document of abuse.ch."""
    if isinstance(document, dict):
        document = document.get("data", document.get("urls", document))
    groups = [*document.values()] if isinstance(document, dict) else [document]
    found = [row for group in groups if isinstance(group, list) for row in group if isinstance(row, dict)]
    return found if found and _named(found[0]) else None


def entry(row: Mapping[str, Any]) -> Indicator | str:
    """Return the indicator of a row, or why there is none."""
    column = _named(row)
    if not column or not isinstance(row[column], str) or not row[column]:
        return INVALID
    kind = _COLUMNS[column][0]
    if kind is None:
        kind = _TYPES.get(str(row.get("ioc_type")).lower())
        if kind is None:
            return UNSUPPORTED
    description = next((row[name] for name in _DESCRIPTIONS if isinstance(row.get(name), str) and row[name]), "")
    seen = next((time for name in _SEEN if (time := seconds_of(row.get(name))) is not None), None)
    return Indicator(kind, row[column], description, percent(row.get("confidence_level")), seen)


def percent(value: object) -> int | None:
    """Return a confidence from 0 to 100; None if it is none."""
    text = str(value).strip()
    return min(int(text), 100) if text.isascii() and text.isdigit() and len(text) < 4 else None


def _named(columns: Iterable[str]) -> str:
    """Return the column of the indicator; empty if there is none."""
    return next((name for name in columns if name in _COLUMNS), "")


def _fields(line: str) -> list[str]:
    """Return the fields of a line. Each line is read on its own, so that an open quote swallows no other line."""
    try:
        return next(csv.reader((line.strip(),), skipinitialspace=True), [])
    except csv.Error:
        return []
