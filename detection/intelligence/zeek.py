"""Files of Zeek's intelligence framework: columns separated by tabs, which a first line names."""

from collections.abc import Iterable, Iterator
from typing import Final

from detection.intelligence.abuse_ch import percent
from detection.intelligence.dates import seconds_of
from detection.intelligence.indicator import INVALID, UNSUPPORTED, Indicator, Kind

FIELDS: Final = "#fields\t"
_EMPTY: Final = ("-", "(empty)")
_TYPES: Final = {
    "Intel::ADDR": Kind.ADDRESS,
    "Intel::SUBNET": Kind.NETWORK,
    "Intel::URL": Kind.URL,
    "Intel::DOMAIN": Kind.DOMAIN,
    "Intel::FILE_HASH": Kind.FILE,
    "Intel::CERT_HASH": Kind.CERTIFICATE,
    "Intel::JA3": Kind.JA3,
    "Intel::JA4": Kind.JA4,
}


def from_lines(lines: Iterable[str]) -> Iterator[Indicator | str]:
    """Yield the entries of a file."""
    columns: list[str] = []
    for line in lines:
        line = line.rstrip("\r\n")
        if line.startswith(FIELDS):
            columns = line.split("\t")[1:]
        elif line.strip() and not line.startswith("#"):
            yield _entry(dict(zip(columns, line.split("\t"), strict=False)))


def _entry(row: dict[str, str]) -> Indicator | str:
    value, kind_name = row.get("indicator", ""), row.get("indicator_type", "")
    if not value or value in _EMPTY or not kind_name:
        return INVALID
    kind = _TYPES.get(kind_name)
    if kind is None:
        return UNSUPPORTED
    description = next((row[name] for name in ("meta.desc", "meta.source") if row.get(name, "-") not in _EMPTY), "")
    seen = seconds_of(row.get("meta.lastseen", ""))
    expires = seconds_of(row.get("meta.expires", ""))
    return Indicator(kind, value, description, percent(row.get("meta.confidence")), seen, expires)
