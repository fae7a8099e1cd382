"""What formats need of a record besides its fields: times, parties, and names of the event. Pure."""

from typing import Any, Final

from outputs.log.kinds import Fields, Kind
from traffic.finding import CRITICAL, HIGH, INFO, LOW, MEDIUM

SEVERITY: Final = {INFO: 1, LOW: 3, MEDIUM: 5, HIGH: 8, CRITICAL: 10}
"""Severities of CEF (0 to 10) and LEEF (1 to 10)."""
_TRANSPORTS: Final = {"exchange": "tcp", "handshake": "tcp"}
_PORTS: Final = {"http": 80, "https": 443}
_LATEST: Final = 253_402_300_799


def milliseconds(time: float) -> int:
    """Return a time in milliseconds since the epoch; one beyond all dates becomes the last one."""
    return int(min(max(time, 0.0), _LATEST) * 1000 + 0.5)


def client(fields: Fields) -> tuple[str, str]:
    """Return the address of the client, and that of the proxy that named it; empty if there is none."""
    source: str = fields.get("source.ip", "")
    named: str = fields.get("client.ip", source)
    return named, source if source != named else ""


def transport(kind: Kind, fields: Fields) -> str:
    """Return `tcp` or `udp`; empty if unknown."""
    return str(fields.get("network.transport") or _TRANSPORTS.get(kind.name, ""))


def url(fields: Fields) -> str:
    """Return the target as an absolute URL, if its host is known; otherwise as it was sent, or only the path."""
    target: str = fields.get("url.original") or fields.get("url.path", "")
    domain = fields.get("url.domain")
    if domain is None or not target.startswith("/") or "url.original" not in fields:
        return target
    scheme, port = fields.get("url.scheme", "http"), fields.get("url.port")
    shown = "" if port in (None, _PORTS[scheme]) else f":{port}"
    return f"{scheme}://{domain}{shown}{target}"


def signature(kind: Kind, fields: Fields) -> str:
    """Return the short name of an event: of a finding or an alert, its rule."""
    return str(fields.get("rule.name", kind.name))


def title(kind: Kind, record: Any) -> str:
    """Return the name of an event for people. It does not depend on what was on the wire."""
    return f"{kind.title} {record.kind.value}" if kind.name == "alert" else kind.title


def text(content: Any) -> str:
    """Return a value as text; the members of a list are separated by commas."""
    if isinstance(content, (list, tuple)):
        return ", ".join(map(str, content))
    return str(content).lower() if isinstance(content, bool) else str(content)
