"""Writes a record in the Log Event Extended Format 2.0 of QRadar. Pure; `docs/siem.md` has the tables of its keys.

    LEEF:2.0|vendor|product|version|event|delimiter|key=value<delimiter>key=value

Source: IBM QRadar Log Event Extended Format (LEEF) Guide, version 2. It has no escapes: in a value, a space stands for
the delimiter and for control characters, and in the header, an underscore for bars.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from outputs.log.event import SEVERITY, client, milliseconds, signature, text, transport, url
from outputs.log.kinds import KINDS, Fields, Kind, Origin
from view.exchange_line import Discretion

_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"
_IN_HEADER: Final = re.compile(_CONTROL[:-1] + "|]")
_OURS: Final = "http_monitor."
_WORDS: Final = re.compile(r"[^A-Za-z0-9]+")

PREDEFINED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "source.port": "srcPort",
        "destination.port": "dstPort",
        "destination.ip": "dst",
        "http.request.body.bytes": "srcBytes",
        "http.response.body.bytes": "dstBytes",
        "source.bytes": "srcBytes",
        "destination.bytes": "dstBytes",
        "source.packets": "srcPackets",
        "destination.packets": "dstPackets",
        "rule.name": "policy",
    }
)
"""Predefined keys of LEEF, by field. All other fields have keys of their own: see `key`."""
LEFT_OUT: Final = frozenset(
    (
        "@timestamp", "ecs.version", "event.category", "event.kind", "event.severity", "client.ip", "source.ip",
        "network.transport", "url.original", "observer.hostname",
    )
)  # fmt: skip
"""Fields that other keys replace."""


def leef_line(name: str, origin: Origin, discretion: Discretion, delimiter: str) -> Callable[[Any], str]:
    """Return the function that writes a record of a kind of `KINDS` without a line end."""
    kind = KINDS[name]
    head = "|".join(("LEEF:2.0", *map(header, (origin.vendor, origin.product, origin.version))))
    mark = f"x{ord(delimiter):02x}"
    unsafe = re.compile(_CONTROL[:-1] + re.escape(delimiter) + "]")
    tail = f"{delimiter}observerHostname={value(origin.host, unsafe)}" if origin.host else ""

    def line(record: Any) -> str:
        fields = kind.fields(record, discretion)
        pairs = delimiter.join(f"{name}={value(content, unsafe)}" for name, content in _pairs(kind, record, fields))
        return f"{head}|{header(signature(kind, fields))}|{mark}|{pairs}{tail}"

    return line


def header(name: str) -> str:
    """Return a text for the header, which has no bars and no control characters."""
    return _IN_HEADER.sub("_", name)


def value(content: Any, unsafe: re.Pattern[str]) -> str:
    """Return a value without `unsafe` characters; the members of a list are separated by commas."""
    return unsafe.sub(" ", content if isinstance(content, str) else text(content))


@lru_cache(maxsize=1024)
def key(field: str) -> str:
    """Return the key of a field, a single word: `tlsClientServerName` for `tls.client.server_name`."""
    if field in PREDEFINED:
        return PREDEFINED[field]
    first, *others = _WORDS.split(field.removeprefix(_OURS))
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def _pairs(kind: Kind, record: Any, fields: Fields) -> Iterator[tuple[str, Any]]:
    source, proxy = client(fields)
    yield "cat", kind.name
    yield "devTime", milliseconds(record.time)
    yield "sev", SEVERITY[kind.severity(record)]
    known = (("src", source), ("srcPostNAT", proxy), ("proto", transport(kind, fields).upper()), ("url", url(fields)))
    yield from (pair for pair in known if pair[1])
    for field, content in fields.items():
        if field not in LEFT_OUT:
            yield key(field), content
