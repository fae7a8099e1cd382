"""The alerts that sensors raised."""

from collections.abc import Collection
from typing import Final

from history.alerts import named_alert
from history.clickhouse.door import Door
from history.clickhouse.queries import Queries
from history.clickhouse.schema import ALERTS, Place
from history.fleet import SensorAlert, SensorState
from history.sums import StoredAlert

GONE: Final = 120.0
"""Seconds by which a sensor lags behind the others when its active alerts are taken for ended with it."""


class AlertReader:
    """Reads the alerts of some sensors, or of all."""

    def __init__(self, door: Door, place: Place, queries: Queries) -> None:
        self._door = door
        self._place = place
        self._queries = queries

    def since(self, since: float, states: Collection[SensorState]) -> list[SensorAlert]:
        """Return the alerts that were active or started after `since`, latest first."""
        columns = self._door.query(
            # An alert whose sensor was set up again has two spools.
            "SELECT sensor, signal, began, argMax(ended, (ended > 0, sequence)), argMax(text, (ended > 0, sequence))"
            f" FROM {self._place.table(ALERTS)} FINAL WHERE {self._queries.chosen('1')}"
            " GROUP BY sensor, signal, began ORDER BY began DESC, sensor, signal" + self._door.dialect.final,
            self._queries.parameters(),
        )
        ends = {state.name: state.latest for state in states}
        silent = max(ends.values(), default=0.0) - GONE
        found = []
        for sensor, signal, began, ended, text in zip(*columns, strict=True):
            end = ends.get(sensor, 0.0)
            lost = not ended and end < silent
            alert = StoredAlert(signal, began, max(began, end) if lost else ended or None, text)
            if alert.end is None or alert.end >= since:
                found.append(SensorAlert(sensor, alert))
        return found

    def named_since(self, since: float, states: Collection[SensorState]) -> list[StoredAlert]:
        """Return the same alerts with their sensor in the explanation."""
        return [named_alert(*each) for each in self.since(since, states)]
