"""Events of MISP as JSON, and the manifest of a feed, which names the files of its events."""

import re
from collections.abc import Iterator
from typing import Any, Final

from detection.intelligence.dates import seconds_of
from detection.intelligence.indicator import INVALID, NOT_FOR_DETECTION, UNSUPPORTED, Indicator, Kind

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TYPES: Final = {
    "ip-src": Kind.ADDRESS,
    "ip-dst": Kind.ADDRESS,
    "ip-src|port": Kind.ADDRESS,
    "ip-dst|port": Kind.ADDRESS,
    "domain": Kind.DOMAIN,
    "hostname": Kind.DOMAIN,
    "domain|ip": Kind.DOMAIN,
    "hostname|port": Kind.DOMAIN,
    "url": Kind.URL,
    "ja3-fingerprint-md5": Kind.JA3,
    "x509-fingerprint-sha1": Kind.CERTIFICATE,
    "x509-fingerprint-sha256": Kind.CERTIFICATE,
    "x509-fingerprint-md5": Kind.CERTIFICATE,
    "md5": Kind.FILE,
    "sha1": Kind.FILE,
    "sha256": Kind.FILE,
    "sha512": Kind.FILE,
}
"""Types of attributes; of `a|b`, the first part counts."""
_OF_FILES: Final = ("filename|md5", "filename|sha1", "filename|sha256", "filename|sha512")
"""Types whose second part counts."""


def event_files(document: Any) -> list[str] | None:
    """Return the names of the files of events, next to the manifest; None if the document is no manifest."""
    if not isinstance(document, dict) or not document:
        return None
    is_manifest = all(_UUID.fullmatch(key) and isinstance(value, dict) for key, value in document.items())
    return [f"{uuid}.json" for uuid in document] if is_manifest else None


def events_in(document: Any) -> list[dict[str, Any]] | None:
    """Return the events of a document; None if there are none."""
    if isinstance(document, dict) and "response" in document:
        document = document["response"]
    wrapped = document if isinstance(document, list) else [document]
    events = [each["Event"] for each in wrapped if isinstance(each, dict) and isinstance(each.get("Event"), dict)]
    return events or None


def from_event(event: dict[str, Any]) -> Iterator[Indicator | str]:
    """Yield the attributes of an event, also those within its objects."""
    description = event.get("info") if isinstance(event.get("info"), str) else ""
    for owner in (event, *_list(event.get("Object"))):
        for attribute in _list(owner.get("Attribute")):
            yield _indicator(attribute, str(description))


def _indicator(attribute: dict[str, Any], description: str) -> Indicator | str:
    kind_name, value = attribute.get("type"), attribute.get("value")
    if not isinstance(kind_name, str) or not isinstance(value, str):
        return INVALID
    if not attribute.get("to_ids") or attribute.get("deleted"):
        return NOT_FOR_DETECTION
    if kind_name in _OF_FILES:
        return Indicator(Kind.FILE, value.rpartition("|")[2], description)
    kind = _TYPES.get(kind_name)
    if kind is None:
        return UNSUPPORTED
    seen = seconds_of(attribute.get("last_seen")) or seconds_of(attribute.get("timestamp"))
    return Indicator(kind, value.partition("|")[0] if "|" in kind_name else value, description, None, seen)


def _list(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
