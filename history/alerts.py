"""Alerts as they are kept, and back. Pure."""

import json
from dataclasses import asdict
from typing import Any

from alerting.alert import Alert, Contributor, SignalUnit
from history.sums import StoredAlert


def stored(alert: Alert) -> StoredAlert:
    """All facts of an alert."""
    return StoredAlert(alert.signal, alert.start, alert.end, json.dumps({**asdict(alert), "unit": alert.unit.value}))


def facts(kept: StoredAlert) -> dict[str, Any]:
    """As they were stored; the three that stand beside the text where that is malformed."""
    try:
        found: dict[str, Any] = json.loads(kept.text)
        return found
    except ValueError:
        return {"signal": kept.signal, "start": kept.start, "end": kept.end}


def recalled(kept: StoredAlert) -> Alert | None:
    """The alert; None where another version of the program wrote what this one cannot read."""
    try:
        facts = json.loads(kept.text)
        contributors = tuple(Contributor(**contributor) for contributor in facts["contributors"])
        return Alert(**{**facts, "unit": SignalUnit(facts["unit"]), "contributors": contributors})
    except (ValueError, KeyError, TypeError):
        return None
