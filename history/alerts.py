"""Converts alerts to their stored form and back. Pure."""

import json
from dataclasses import asdict
from typing import Any

from alerting.alert import Alert, Contributor, SignalUnit
from history.sums import StoredAlert


def stored(alert: Alert) -> StoredAlert:
    """Convert an alert with all its facts, except those that last only for a run, and the
    sensor, which the store knows.
    """
    facts = {name: value for name, value in asdict(alert).items() if name not in ("acknowledged", "muted", "sensor")}
    return StoredAlert(alert.signal, alert.start, alert.end, json.dumps({**facts, "unit": alert.unit.value}))


def facts(kept: StoredAlert) -> dict[str, Any]:
    """Return the facts as stored; only signal, start and end if the text is malformed."""
    try:
        found: dict[str, Any] = json.loads(kept.text)
        return found
    except ValueError:
        return {"signal": kept.signal, "start": kept.start, "end": kept.end}


def named_alert(sensor: str, alert: StoredAlert) -> StoredAlert:
    """Return the alert with its sensor in its explanation."""
    known = facts(alert)
    explanation = f"{sensor}: {known.get('explanation') or alert.signal}"
    return alert._replace(text=json.dumps({**known, "explanation": explanation}))


def recalled(kept: StoredAlert) -> Alert | None:
    """Return the alert; None if another version of the program wrote it in a form unknown here."""
    try:
        facts = json.loads(kept.text)
        contributors = tuple(Contributor(**contributor) for contributor in facts["contributors"])
        return Alert(**{**facts, "unit": SignalUnit(facts["unit"]), "contributors": contributors})
    except (ValueError, KeyError, TypeError):
        return None
