"""What is exported at a time: sums since the start, or since the export before. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from outputs.health_counts import COUNTS, LABELLED, Count, values
from store.sums import KeyedSums
from view.view import View

ALERTS = Count("alerts", "Alerts raised since the start.", "", "{alert}", "signal")
LATE = Count("late_records", "Records that came too late to be exported.", "", "{record}")

Counters = Mapping[tuple[Count, str], int]
"""Values of the monitor's own counters, by counter and label."""


class Gauge(NamedTuple):
    """A value that may fall, too."""

    name: str
    text: str
    unit: str
    values: tuple[tuple[str, float], ...]
    """Values by label."""
    label: str = ""
    """Name of the label; empty if there is one value without."""


class Snapshot(NamedTuple):
    """An export; immutable."""

    start: float
    """Packet time since which it counts."""
    time: float
    delta: bool
    sums: Mapping[str, KeyedSums]
    """By statistic."""
    counters: Counters
    gauges: tuple[Gauge, ...]


def counters(view: View, alerts: Mapping[str, int], late: int = 0) -> dict[tuple[Count, str], int]:
    """Return the monitor's own counters; `alerts` are those raised, by signal, `late` the records not counted."""
    found: dict[tuple[Count, str], int] = {}
    for count in (*COUNTS, *LABELLED):
        found |= {(count, label): value for label, value in values(count, view.health)}
    found[LATE, ""] = late
    return found | {(ALERTS, signal.name): alerts.get(signal.name, 0) for signal in view.signals}


def since(before: Counters, now: Counters) -> dict[tuple[Any, str], int]:
    """Return by how much counters have grown."""
    return {name: value - before.get(name, 0) for name, value in now.items()}


def gauges(view: View) -> tuple[Gauge, ...]:
    """Return the present state."""
    active = [alert.signal for alert in view.alerts if alert.end is None]
    by_signal = tuple((signal.name, active.count(signal.name)) for signal in view.signals)
    return (
        Gauge("active_alerts", "Alerts that are active now.", "{alert}", by_signal, "signal"),
        Gauge("connections", "TCP connections being followed.", "{connection}", (("", view.health.connections),)),
        Gauge("notices", "Warnings on the dashboard.", "{notice}", (("", len(view.health.warnings)),)),
    )
