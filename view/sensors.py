"""The sensors behind a View of many of them. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SensorView:
    """Holds the last word of a sensor."""

    name: str
    vantage: str
    """Where in the network it captures; empty if it does not say."""
    source: str
    """Its interface and ports."""
    version: str
    last_seen: float
    """When the store took its latest record, by the store's clock."""
    skew: float
    """Seconds that its clock is ahead of the store's."""
    silent: bool
    dropped: int
    """Packets and records that it dropped in the last ten minutes."""
    left_out: str = ""
    """Why it is not in the sums; empty if it is."""


@dataclass(frozen=True)
class SensorFilterView:
    """Says which sensors all numbers are about, if a filter is set."""

    text: str
    matched: int
    """Sensors that match the filter and are in the sums."""
    sensors: int
    """All sensors."""


@dataclass(frozen=True)
class FleetView:
    """Holds the sensors behind a View of many of them."""

    sensors: tuple[SensorView, ...]
    vantage: str | None
    """The one whose sensors are added up, if there are several; else None."""
    since: float
    """Start of what is loaded from the store."""
    loading: bool
    """Whether earlier sums are still to be loaded."""
    filter: SensorFilterView | None = None
