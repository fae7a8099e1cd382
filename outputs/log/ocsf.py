"""Writes a record as JSON in the Open Cybersecurity Schema Framework 1.5.0. Pure; `docs/siem.md` has the tables.

Exchanges and files are HTTP Activity (4002), lookups DNS Activity (4003), TLS handshakes and QUIC connections Network
Activity (4001), findings, alerts and blocks Detection Finding (2004). Fields that the schema has no place for are in
`unmapped`, under the names of the Elastic Common Schema. Source: https://schema.ocsf.io/1.5.0
"""

from collections.abc import Callable
from typing import Any, Final

from outputs.log.event import milliseconds
from outputs.log.kinds import KINDS, Fields, Origin
from outputs.log.ocsf_finding import alert, block, finding
from outputs.log.ocsf_network import file, handshake, http, lookup, quic
from traffic.finding import CRITICAL, HIGH, INFO, LOW, MEDIUM
from view.exchange_line import Discretion, encoded

VERSION: Final = "1.5.0"
SEVERITY: Final = {INFO: 1, LOW: 2, MEDIUM: 3, HIGH: 4, CRITICAL: 5}
NETWORK: Final = 4
FINDINGS: Final = 2
Event = dict[str, Any]
_EVENTS: Final[dict[str, tuple[int, int, Callable[[Fields], Event]]]] = {
    "exchanges": (NETWORK, 4002, http),
    "handshakes": (NETWORK, 4001, handshake),
    "lookups": (NETWORK, 4003, lookup),
    "quic": (NETWORK, 4001, quic),
    "files": (NETWORK, 4002, file),
    "findings": (FINDINGS, 2004, finding),
    "alerts": (FINDINGS, 2004, alert),
    "blocks": (FINDINGS, 2004, block),
}
"""Category, class and the function that takes what it understands out of the fields."""
_REPLACED: Final = (
    "@timestamp", "event.start", "event.end", "event.duration", "event.kind", "event.category", "event.severity",
    "log.level", "ecs.version", "observer.hostname",
)  # fmt: skip
"""Fields that say what other attributes of the event say."""
_ACTOR: Final = "actor"


def ocsf_line(name: str, origin: Origin, discretion: Discretion) -> Callable[[Any], str]:
    """Return the function that writes a record of a kind of `KINDS` without a line end."""
    kind, (category, number, event_of) = KINDS[name], _EVENTS[name]
    plain, of_host = _metadata(name, origin), {**_metadata(name, origin), "profiles": ["host"]}

    def line(record: Any) -> str:
        fields = kind.fields(record, discretion)
        ended = kind.ended(record) if "event.end" in fields else None
        for each in _REPLACED:
            fields.pop(each, None)
        told = event_of(fields)
        event = {
            "category_uid": category,
            "class_uid": number,
            "type_uid": 100 * number + told["activity_id"],
            "severity_id": SEVERITY[kind.severity(record)],
            **_times(kind.started(record), ended),
            "time": milliseconds(_moment(category, record, kind.started(record))),
            **told,
            "metadata": of_host if _ACTOR in told else plain,
        }
        if fields:
            event["unmapped"] = fields
        return encoded(event)

    return line


def _metadata(name: str, origin: Origin) -> dict[str, Any]:
    product = {"vendor_name": origin.vendor, "name": origin.product, "version": origin.version}
    loggers = {"loggers": [{"name": origin.host}]} if origin.host else {}
    return {"version": VERSION, "product": product, "log_name": name, **loggers}


def _moment(category: int, record: Any, start: float | None) -> float:
    """Return the time of the event: when an activity began, or when a finding was made or changed."""
    return float(record.time if category == FINDINGS or start is None else start)


def _times(start: float | None, end: float | None) -> dict[str, int]:
    """Return the times that are known, in milliseconds since the epoch."""
    if start is None:
        return {}
    first = milliseconds(start)
    last = first if end is None else milliseconds(end)
    known = {"end_time": last, "duration": last - first} if end is not None and last >= first else {}
    return {"start_time": first, **known}
