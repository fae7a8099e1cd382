r"""Writes a record in the Common Event Format of ArcSight. Pure; `docs/siem.md` has the tables of its keys.

    CEF:0|vendor|product|version|signature|name|severity|key=value key=value

Source: Micro Focus Security ArcSight Common Event Format, version 25. A backslash escapes backslashes, bars in the
header, and equal signs in values; line breaks of values are `\n` and `\r`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from outputs.log.event import SEVERITY, client, milliseconds, signature, text, title, transport, url
from outputs.log.kinds import KINDS, Fields, Kind, Origin
from view.exchange_line import Discretion

_IN_HEADER: Final = str.maketrans({"\\": r"\\", "|": r"\|"})
_IN_VALUE: Final = str.maketrans({"\\": r"\\", "=": r"\=", "\n": r"\n", "\r": r"\r"})
_SPECIAL: Final = re.compile(r"[\\=\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_ANY_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST: Final = 1023
"""Characters of most of CEF's texts."""

COMMON: Final[Mapping[str, str]] = MappingProxyType(
    {
        "source.port": "spt",
        "destination.port": "dpt",
        "network.protocol": "app",
        "event.outcome": "outcome",
        "event.action": "act",
        "event.id": "externalId",
        "event.reason": "msg",
        "url.domain": "dhost",
        "tls.client.server_name": "dhost",
        "http.request.method": "requestMethod",
        "http.request.referrer": "requestContext",
        "user_agent.original": "requestClientApplication",
        "http.request.body.bytes": "in",
        "http.response.body.bytes": "out",
        "file.size": "fsize",
        "file.hash.sha256": "fileHash",
        "source.bytes": "in",
        "destination.bytes": "out",
    }
)
"""Keys of CEF's dictionary, by field. Of fields with the same key, the first in this order counts."""
CUSTOM: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {
        "exchanges": {
            "http.response.status_code": ("cn1", "status"),
            "http_monitor.response_time": ("cn2", "responseTimeNs"),
            "http_monitor.missing_bytes": ("cn3", "missingBytes"),
            "http_monitor.ending": ("cs1", "ending"),
            "http_monitor.operation": ("cs2", "operation"),
            "http_monitor.oddities": ("cs3", "oddities"),
            "process.name": ("cs4", "process"),
            "container.name": ("cs5", "container"),
            "orchestrator.resource.name": ("cs6", "pod"),
            "http.response.mime_type": ("flexString1", "contentType"),
            "tls.version": ("flexString2", "tlsVersion"),
        },
        "handshakes": {
            "http_monitor.handshake_time": ("cn1", "handshakeTimeNs"),
            "http_monitor.handshake": ("cs1", "handshake"),
            "tls.version": ("cs2", "tlsVersion"),
            "tls.cipher": ("cs3", "cipher"),
            "http_monitor.ja4": ("cs4", "ja4"),
            "tls.server.subject": ("cs5", "certificateSubject"),
            "http_monitor.alert": ("cs6", "tlsAlert"),
            "tls.client.ja3": ("flexString1", "ja3"),
        },
        "lookups": {
            "event.duration": ("cn1", "responseTimeNs"),
            "http_monitor.answers": ("cn2", "answers"),
            "dns.question.name": ("cs1", "question"),
            "dns.question.type": ("cs2", "questionType"),
            "dns.response_code": ("cs3", "responseCode"),
            "dns.resolved_ip": ("cs4", "addresses"),
            "http_monitor.ending": ("cs5", "ending"),
        },
        "quic": {
            "source.packets": ("cn1", "sourcePackets"),
            "destination.packets": ("cn2", "destinationPackets"),
            "http_monitor.quic_version": ("cs1", "quicVersion"),
            "http_monitor.offered_alpn": ("cs2", "offeredAlpn"),
            "http_monitor.ja4": ("cs4", "ja4"),
        },
        "files": {
            "file.hash.md5": ("cs1", "md5"),
            "file.hash.sha1": ("cs2", "sha1"),
            "file.mime_type": ("cs3", "mediaType"),
        },
        "findings": {
            "rule.ruleset": ("cs1", "detector"),
            "threat.technique.id": ("cs2", "technique"),
            "http_monitor.evidence": ("cs3", "evidence"),
        },
        "alerts": {
            "http_monitor.changes": ("cn1", "changes"),
            "http_monitor.value": ("cfp1", "value"),
            "http_monitor.baseline": ("cfp2", "baseline"),
            "http_monitor.limit": ("cfp3", "limit"),
            "http_monitor.peak": ("cfp4", "peak"),
            "http_monitor.subject": ("cs1", "subject"),
            "http_monitor.source": ("cs2", "monitored"),
            "http_monitor.contributors": ("cs3", "contributors"),
            "http_monitor.incident": ("cs4", "incident"),
            "http_monitor.unit": ("cs5", "unit"),
            "http_monitor.sensor": ("cs6", "sensor"),
            "http_monitor.alert_id": ("flexString1", "alertId"),
        },
        "blocks": {
            "http_monitor.offences": ("cn1", "offences"),
            "http_monitor.blocked": ("cs1", "blocked"),
            "http_monitor.until": ("cs2", "until"),
            "http_monitor.ended": ("cs3", "ended"),
            "http_monitor.dry_run": ("cs4", "dryRun"),
        },
    }
)
"""Custom keys and their labels, by kind of record and field."""


def cef_line(name: str, origin: Origin, discretion: Discretion) -> Callable[[Any], str]:
    """Return the function that writes a record of a kind of `KINDS` without a line end."""
    kind, custom = KINDS[name], CUSTOM[name]
    keys = {**COMMON, **{field: key for field, (key, _) in custom.items()}}
    labels = {key: f" {key}Label={label}" for key, label in custom.values()}
    head = "|".join(map(header, ("CEF:0", origin.vendor, origin.product, origin.version)))
    tail = f" dvchost={value(origin.host)}" if origin.host else ""

    def line(record: Any) -> str:
        fields = kind.fields(record, discretion)
        extension = "".join(_pairs(fields, keys, labels))
        event = f"{header(signature(kind, fields))}|{title(kind, record)}|{SEVERITY[kind.severity(record)]}"
        return f"{head}|{event}|{_times(kind, record, fields)}{_parties(kind, fields)}{extension}{tail}"

    return line


def header(name: str) -> str:
    """Return a text for the header, which has no line breaks."""
    return _ANY_CONTROL.sub(" ", name).translate(_IN_HEADER)


def value(content: Any) -> str:
    """Return a value; the members of a list are separated by commas. Control characters become spaces."""
    shown = content if isinstance(content, str) else text(content)
    shown = shown[:_LONGEST]
    return shown if _SPECIAL.search(shown) is None else _CONTROL.sub(" ", shown).translate(_IN_VALUE)


def _pairs(fields: Fields, keys: Mapping[str, str], labels: Mapping[str, str]) -> Iterator[str]:
    given: set[str] = set()
    for field, content in fields.items():
        key = keys.get(field)
        if key is not None and key not in given:
            given.add(key)
            yield f" {key}={value(content)}{labels.get(key, '')}"


def _times(kind: Kind, record: Any, fields: Fields) -> str:
    """Return the category and the times, in milliseconds since the epoch."""
    now, start = milliseconds(record.time), kind.started(record)
    began = "" if start is None else f" start={milliseconds(start)}"
    ended = f" end={milliseconds(kind.ended(record))}" if "event.end" in fields else ""
    return f"cat={kind.name} rt={now}{began}{ended}"


def _parties(kind: Kind, fields: Fields) -> str:
    """Return both addresses, the protocol and the URL. Addresses of IPv6 are custom keys with labels."""
    source, proxy = client(fields)
    return "".join(
        (
            _address("src", "c6a2", "Source IPv6 Address", source),
            _address("sourceTranslatedAddress", "c6a1", "Proxy IPv6 Address", proxy),
            _address("dst", "c6a3", "Destination IPv6 Address", fields.get("destination.ip", "")),
            _pair("proto", transport(kind, fields).upper()),
            _pair("request", url(fields)),
        )
    )


def _address(key: str, key_of_ipv6: str, label: str, address: str) -> str:
    return _pair(key_of_ipv6, address) + f" {key_of_ipv6}Label={label}" if ":" in address else _pair(key, address)


def _pair(key: str, content: str) -> str:
    return f" {key}={value(content)}" if content else ""
