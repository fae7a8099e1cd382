"""What a screen of many sensors counts besides the statistics of the sensors. Readers of a store make these sums."""

from typing import Final

from history.record import HEALTH, SENSORS
from stats.statistic import HITS
from traffic.records import Exchange


class TopSensors:
    """Requests, errors and response times by sensor."""

    name, title, unit, record = SENSORS, "Sensors", HITS, Exchange

    def key(self, exchange: Exchange) -> str | None:
        """Return None: a record has no sensor."""
        return None


class SensorHealth:
    """What capture and decoder of the sensors counted, by name."""

    name, title, unit, record = HEALTH, "Health", HITS, Exchange

    def key(self, exchange: Exchange) -> str | None:
        """Return None: health is not counted from records."""
        return None


TOP_SENSORS: Final = TopSensors()
SENSOR_HEALTH: Final = SensorHealth()
