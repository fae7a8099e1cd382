"""Findings and alerts as findings of the Open Cybersecurity Schema Framework. Pure.

Each function takes the fields that it understands out of `fields`.
"""

from hashlib import sha256
from typing import Any, Final

from outputs.log.event import url as whole_url
from outputs.log.kinds import Fields
from outputs.log.ocsf_objects import Part, endpoints, taken
from view.block_line import BLOCKED

CREATE: Final = 1
UPDATE: Final = 2
CLOSE: Final = 3
RULE: Final = 1
STATISTICAL: Final = 3
"""Kinds of analytics."""
NEW: Final = 1
IN_PROGRESS: Final = 2
SUPPRESSED: Final = 3
RESOLVED: Final = 4
_CHANGES: Final = {
    "raised": (CREATE, NEW),
    "dismissed": (CLOSE, RESOLVED),
    "flapping": (UPDATE, IN_PROGRESS),
    "calm": (UPDATE, IN_PROGRESS),
    "acknowledged": (UPDATE, IN_PROGRESS),
    "accepted": (UPDATE, RESOLVED),
    "relearning": (UPDATE, RESOLVED),
    "baseline": (UPDATE, RESOLVED),
    "muted": (UPDATE, SUPPRESSED),
    "unmuted": (UPDATE, IN_PROGRESS),
    "test": (CREATE, RESOLVED),
}
"""Activity and status, by what happened to the alert."""
_URGENT: Final = ("raised", "flapping")


def finding(fields: Fields) -> Part:
    """Return a Detection Finding of a detector."""
    number = sha256(repr(sorted(fields.items())).encode("utf-8", "replace")).hexdigest()[:32]
    reason, rule = fields.pop("event.reason", ""), fields.pop("rule.name", "")
    evidence = _evidence(fields)
    analytic = {"type_id": RULE, "name": rule, "uid": rule, **taken(fields, category="rule.ruleset")}
    technique = fields.pop("threat.technique.id", "")
    return {
        "activity_id": CREATE,
        "status_id": NEW,
        "is_alert": True,
        "message": reason,
        "finding_info": {
            "uid": number,
            "title": rule,
            "desc": reason,
            "analytic": analytic,
            **({"attacks": [_attack(technique)]} if technique else {}),
        },
        **({"evidences": [evidence]} if evidence else {}),
    }


def alert(fields: Fields) -> Part:
    """Return a Detection Finding of a signal that left its limit, or is back within it."""
    change, reason = fields.pop("event.action"), fields.pop("event.reason", "")
    activity, status = _CHANGES[change]
    signal = fields.pop("rule.name")
    return {
        "activity_id": activity,
        "status_id": status,
        "status_detail": change,
        "is_alert": change in _URGENT,
        "message": fields.pop("message", ""),
        "finding_info": {
            "uid": fields.pop("http_monitor.alert_id"),
            "uid_alt": fields.pop("event.id"),
            "title": signal,
            "desc": reason,
            "analytic": {"type_id": STATISTICAL, "name": signal, "uid": signal},
        },
    }


def block(fields: Fields) -> Part:
    """Return a Detection Finding of a client that was blocked, or is no longer."""
    change, rule = fields.pop("event.action"), fields.pop("rule.name", "")
    begins = change == BLOCKED
    fields.pop("event.type")
    number = sha256(repr((rule, fields.get("http_monitor.blocked"))).encode("utf-8", "replace")).hexdigest()[:32]
    evidence = _evidence(fields)
    return {
        "activity_id": CREATE if begins else CLOSE,
        "status_id": NEW if begins else RESOLVED,
        "status_detail": change,
        "is_alert": begins,
        "message": fields.pop("message", ""),
        "finding_info": {
            "uid": number,
            "title": rule,
            "desc": fields.pop("event.reason", ""),
            "analytic": {"type_id": RULE, "name": rule, "uid": rule},
        },
        **({"evidences": [evidence]} if evidence else {}),
    }


def _attack(technique: str) -> Part:
    """Return a technique of MITRE ATT&CK; `T1595.003` is a part of `T1595`."""
    whole, dot, _ = technique.partition(".")
    return {"technique": {"uid": whole}, **({"sub_technique": {"uid": technique}} if dot else {})}


def _evidence(fields: Fields) -> Part:
    """Return the ends of the connection, the URL and the part of the traffic that shows it."""
    found: dict[str, Any] = endpoints(fields)
    url = taken(fields, hostname="url.domain", path="url.path")
    if "path" in url:
        found["url"] = {"url_string": whole_url(fields) or url["path"], **url}
    elif "hostname" in url and "dst_endpoint" in found:
        found["dst_endpoint"]["hostname"] = url["hostname"]
    elif "hostname" in url:
        found["dst_endpoint"] = {"hostname": url["hostname"]}
    return found | taken(fields, data="http_monitor.evidence")
