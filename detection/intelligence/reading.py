"""Recognises the format of a feed by its content, and reads it. A file that is no feed is refused as a whole."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final, NamedTuple

from detection.intelligence import abuse_ch, lists, misp, stix, zeek
from detection.intelligence.indicator import FeedError, Indicator

LONGEST_LINE: Final = 16_384
"""Bytes of a line that are read."""
_HEAD: Final = 4096
"""Bytes by which a file is recognised."""
_PACKED: Final = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
"""How files of gzip, ZIP, bzip2, xz and Zstandard begin."""
_NO_TEXT: Final = frozenset((*range(9), *range(14, 32)))


class Reading(NamedTuple):
    """What a file is, and its entries, which are read as they are taken. Taking them may raise FeedError."""

    title: str
    """Name of the format."""
    entries: Iterable[Indicator | str]
    event_files: tuple[str, ...] = ()
    """Files in the same folder that have the entries instead."""


def read(content: bytes) -> Reading:
    """Return what a file contains.

    Raises:
        FeedError: it is no feed.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    head = content[:_HEAD].lstrip()
    if not head and not content.strip():
        raise FeedError("is empty")
    if head.startswith(_PACKED):
        raise FeedError("is compressed; unpack it first")
    if _NO_TEXT & {*head}:
        raise FeedError("is binary, not a list of indicators")
    if head.startswith(b"<"):
        raise FeedError("is an HTML or XML page, not a list of indicators")
    if head.startswith((b"{", b"[{", b"[ {", b"[\n", b"[\r\n", b"[]")):
        return _json(content)
    return _text(content)


def lines_of(content: bytes) -> Iterator[str]:
    """Yield the lines of a file, one at a time; of long ones, the beginning."""
    begin = 0
    while begin < len(content):
        end = content.find(b"\n", begin)
        end = len(content) if end < 0 else end
        yield content[begin : min(end, begin + LONGEST_LINE)].decode("utf-8", "replace")
        begin = end + 1


def _text(content: bytes) -> Reading:
    columns = abuse_ch.columns_in(lines_of(content))
    if columns is not None:
        if not content.endswith(b"\n"):
            raise FeedError("is truncated: its last line has no end")
        return Reading(f"{abuse_ch.title_of(columns)} CSV", abuse_ch.from_csv(lines_of(content), columns))
    if zeek.FIELDS.encode() in content[:_HEAD]:
        return Reading("Zeek", zeek.from_lines(lines_of(content)))
    return Reading("list", lists.from_lines(lines_of(content)))


def _json(content: bytes) -> Reading:
    try:
        document = json.loads(content)
    except RecursionError:
        raise FeedError("is JSON with too many levels") from None
    except ValueError as error:
        raise FeedError(f"is truncated or damaged JSON: {error}") from None
    return _of_document(document)


def _of_document(document: Any) -> Reading:
    objects = stix.objects_in(document)
    if objects is not None:
        return Reading("STIX", chain.from_iterable(map(stix.from_object, objects)))
    events = misp.events_in(document)
    if events is not None:
        return Reading("MISP", chain.from_iterable(map(misp.from_event, events)))
    files = misp.event_files(document)
    if files is not None:
        return Reading("MISP feed", (), tuple(files))
    rows = abuse_ch.rows_in(document)
    if rows is not None:
        return Reading(f"{abuse_ch.title_of(rows[0])} JSON", map(abuse_ch.entry, rows))
    raise FeedError("is JSON, but neither of abuse.ch, MISP nor STIX")
