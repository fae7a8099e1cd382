"""Builds webhook bodies: our own JSON, messages for Slack and compatible services, alerts for Alertmanager.

Pure. The shapes are those of https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and, for
Alertmanager, of `postableAlerts` in its API v2 (api/v2/openapi.yaml; https://prometheus.io/docs/alerting/latest/alerts_api/).
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from notices.notice import ABOUT_SIGNALS, Kind, Notice, contributor_line, facts, moment

VERSION: Final = 1
"""Version of our own JSON: it increases when a field is removed or changes its meaning, not when one is added."""
_COLOURS: Final = {
    Kind.RAISED: "danger",
    Kind.DISMISSED: "good",
    Kind.FLAPPING: "warning",
    Kind.CALM: "good",
    Kind.BLOCKED: "warning",
    Kind.UNBLOCKED: "good",
    Kind.ACKNOWLEDGED: "warning",
    Kind.ACCEPTED: "good",
    Kind.RELEARNING: "good",
    Kind.BASELINE: "good",
    Kind.MUTED: "warning",
    Kind.UNMUTED: "good",
    Kind.TEST: "good",
}
_SHORT: Final = 40
"""Maximum characters of a value that Slack may put beside another."""


def json_body(notice: Notice) -> bytes:
    """Return every fact under its name, and the contributors as a list."""
    listed = [
        {"kind": each.kind, "name": each.name, "count": each.count, "share": round(each.share, 4)}
        for each in notice.alert.contributors
    ]
    return _encode({"version": VERSION, **facts(notice), "contributors": listed})


def slack_body(notice: Notice) -> bytes:
    """Return a message: the headline, and an attachment with the explanation and the facts."""
    names = ("host", "source", "value", "baseline", "limit", "peak", "start", "end")
    known = facts(notice)
    shown = {name: _with_unit(name, known) for name in names if known[name] is not None}
    if notice.alert.contributors:
        shown["contributors"] = "\n".join(contributor_line(each) for each in notice.alert.contributors)
    attachment = {
        "fallback": plain(notice.text),
        "color": _COLOURS[notice.kind],
        "text": plain(notice.text),
        "fields": [
            {"title": name.capitalize(), "value": plain(text), "short": len(text) <= _SHORT}
            for name, text in shown.items()
        ],
        "ts": int(notice.time),
        "mrkdwn_in": [],
    }
    return _encode({"text": plain(notice.headline), "attachments": [attachment]})


def plain(text: str) -> str:
    """Escape a text from the wire so that Slack shows it literally: no markup, no link, and no `@all`."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("@", "@\u200b")  # Mattermost and Rocket.Chat find mentions in plain text


def alertmanager_body(notice: Notice) -> bytes:
    """Return the alert, firing or resolved, and one about flapping when that begins or ends.

    An active alert has no end: Alertmanager considers it resolved if it is not repeated within its
    `resolve_timeout`.
    """
    alerts = []
    if notice.kind in ABOUT_SIGNALS:  # under a name of its own: it resolves no alert of the signal
        return _encode([_alert(notice, notice.kind.value.capitalize(), notice.time, notice.time)])
    if notice.kind is not Kind.FLAPPING:
        alerts.append(_alert(notice, "", notice.alert.start, notice.alert.end))
    if notice.kind is Kind.FLAPPING:
        alerts.append(_alert(notice, "Flapping", notice.time, None))
    if notice.kind is Kind.CALM:
        alerts.append(_alert(notice, "Flapping", notice.alert.start, notice.time))
    return _encode(alerts)


def _alert(notice: Notice, suffix: str, start: float, end: float | None) -> dict[str, Any]:
    name = "".join(word.capitalize() for word in notice.alert.signal.split("_"))
    labels = {
        "alertname": f"HttpMonitor{name}{suffix}",
        "job": "http_monitor",
        "instance": notice.host,
        "source": notice.source,
        "signal": notice.alert.signal,
        "subject": "" if suffix else notice.alert.subject,  # the signal flaps as a whole
        "sensor": notice.alert.sensor,
        "severity": "warning",
    }
    alert = {
        "labels": {label: value for label, value in labels.items() if value},
        "annotations": _annotations(notice),
        "startsAt": moment(start),
    }
    return alert if end is None else {**alert, "endsAt": moment(end)}


def _annotations(notice: Notice) -> dict[str, str]:
    known = facts(notice)
    chosen = {"summary": notice.headline, "description": notice.text}
    figures = ("value", "peak", "baseline", "threshold", "limit", "unit")
    chosen |= {name: str(known[name]) for name in figures if known[name] is not None}
    listed = "; ".join(contributor_line(each) for each in notice.alert.contributors)
    return {**chosen, "contributors": listed} if listed else chosen


def _with_unit(name: str, known: Mapping[str, Any]) -> str:
    value = known[name]
    return f"{value:,} {known['unit']}" if isinstance(value, (int, float)) else str(value)


def _encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
