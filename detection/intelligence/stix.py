"""Bundles of STIX 2.1 and 2.0. Of the patterns, those are read that compare single values, perhaps joined by OR."""

import re
from collections.abc import Iterator
from typing import Any, Final

from detection.intelligence.abuse_ch import percent
from detection.intelligence.dates import seconds_of
from detection.intelligence.indicator import INVALID, NOT_FOR_DETECTION, UNSUPPORTED, Indicator, Kind

_OBJECTS: Final = {
    "ipv4-addr:value": Kind.ADDRESS,
    "ipv6-addr:value": Kind.ADDRESS,
    "network-traffic:dst_ref.value": Kind.ADDRESS,
    "domain-name:value": Kind.DOMAIN,
    "url:value": Kind.URL,
}
_HASHES: Final = {"file": Kind.FILE, "x509-certificate": Kind.CERTIFICATE}
_COMPARISON: Final = re.compile(r"\s*([a-z0-9-]+):([A-Za-z0-9_.'-]+)\s*(=|ISSUBSET)\s*'((?:[^'\\]|\\.)*)'\s*")
_SPACE: Final = re.compile(r"\s*")
_JOINT: Final = re.compile(r"OR\b")


def objects_in(document: Any) -> list[dict[str, Any]] | None:
    """Return the objects of a bundle; None if the document is none."""
    if not isinstance(document, dict) or document.get("type") != "bundle":
        return None
    objects = document.get("objects")
    return [each for each in objects if isinstance(each, dict)] if isinstance(objects, list) else []


def from_object(thing: dict[str, Any]) -> Iterator[Indicator | str]:
    """Yield the indicators of an object; other objects have none."""
    if thing.get("type") != "indicator":
        return
    pattern = thing.get("pattern")
    if not isinstance(pattern, str):
        yield INVALID
        return
    if thing.get("revoked"):
        yield NOT_FOR_DETECTION
        return
    compared = compared_in(pattern) if thing.get("pattern_type", "stix") == "stix" else None
    if compared is None:
        yield UNSUPPORTED
        return
    name = thing.get("name") if isinstance(thing.get("name"), str) else ""
    seen = seconds_of(thing.get("modified")) or seconds_of(thing.get("valid_from"))
    for kind, value in compared:
        yield Indicator(kind, value, str(name), percent(thing.get("confidence")), seen, _until(thing))


def _until(thing: dict[str, Any]) -> float | None:
    return seconds_of(thing.get("valid_until"))


def compared_in(pattern: str) -> list[tuple[Kind, str]] | None:
    """Return the values that a pattern compares with; None if it is not one of the simple ones."""
    found: list[tuple[Kind, str]] = []
    place, is_open = 0, False
    pattern = pattern.strip()
    while place < len(pattern):
        if not is_open:
            if pattern[place] != "[":
                return None
            place, is_open = place + 1, True
        comparison = _COMPARISON.match(pattern, place)
        kind = _kind(comparison[1], comparison[2]) if comparison is not None else None
        if comparison is None or kind is None or (comparison[3] == "ISSUBSET" and kind is not Kind.ADDRESS):
            return None
        found.append((kind, re.sub(r"\\(.)", r"\1", comparison[4])))
        place = comparison.end()
        if pattern.startswith("]", place):
            is_open = False
            place = _behind_space(pattern, place + 1)
            if place == len(pattern):
                return found
        joint = _JOINT.match(pattern, place)
        if joint is None:
            return None
        place = _behind_space(pattern, joint.end())
    return None


def _behind_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found is not None else place


def _kind(thing: str, path: str) -> Kind | None:
    if path.startswith("hashes."):
        return _HASHES.get(thing)
    return _OBJECTS.get(f"{thing}:{path}")
