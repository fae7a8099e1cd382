"""The desk of a fleet's screen: it answers from the sums of the sensors. There are no single exchanges."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from dashboard.full.desk import Decisions
from dashboard.full.store_desk import ROWS, SHORT
from dashboard.progress import Progress
from fleet.statistics import TOP_SENSORS
from run.fleet_session import FleetSession
from store.filtering.fields import Field
from store.filtering.narrowing import narrowed, term
from store.filtering.sensors import Sensor, parse_sensors, sensor_fields
from view.detail import DetailView
from view.view import View

STEP: Final = 0.02
"""Seconds that the past may be loaded between two looks at the keyboard."""


class FleetDesk:
    """Answers what the full screen asks."""

    keeps_exchanges = False

    def __init__(self, session: FleetSession, windows: Sequence[float]) -> None:
        """`windows` begin with a bucket and end with the retention."""
        self.windows = windows
        self._session = session
        self._text = ""

    @property
    def source(self) -> str:
        """Return what is monitored."""
        return self._session.source

    def view(self, window: float, long: Collection[str] = ()) -> View | None:
        """Return the current View of the sensors that match the filter."""
        covered = None if window == self.windows[-1] else window
        view = self._session.view(covered, SHORT)
        panels = tuple(
            self._session.panel(panel.name, covered, ROWS) if panel.name in long else panel for panel in view.panels
        )
        return replace(view, panels=panels)

    def progress(self) -> Progress | None:
        """Return None: no file is read."""
        return None

    def work(self) -> bool:
        """Count some of the past that was read."""
        return self._session.load(STEP)

    # The filter -------------------------------------------------------------------------------------------------------

    def fields(self) -> Sequence[Field]:
        """Return the fields, with the names of the sensors."""
        return sensor_fields([Sensor(state.name, state.facts.vantage) for state in self._session.states.states])

    def check_filter(self, text: str) -> None:
        """Check a filter without setting it."""
        parse_sensors(text)

    def set_filter(self, text: str) -> None:
        """Show only the sensors that match."""
        wanted = parse_sensors(text)
        self._text = wanted.text
        self._session.look(wanted)

    def narrowed(self, terms: Sequence[str]) -> str:
        """Return the text of the current filter with more terms."""
        text = narrowed(self._text, terms)
        parse_sensors(text)
        return text

    def term(self, statistic: str, key: str) -> str:
        """Return a term for a sensor; other rows cannot be filtered."""
        return term("sensor", key) if statistic == TOP_SENSORS.name else ""

    # Alerts -----------------------------------------------------------------------------------------------------------

    @property
    def decisions(self) -> Decisions:
        """Return who acts on what the user decides about signals."""
        return self._session.decisions

    # Exchanges, of which there are none -------------------------------------------------------------------------------

    def latest(self, limit: int) -> Sequence[Any]:
        """Return nothing."""
        return ()

    def slowest(self, limit: int) -> Sequence[Any]:
        """Return nothing."""
        return ()

    def matching(self) -> Sequence[Any]:
        """Return nothing."""
        return ()

    def has_exchanges(self, statistic: str) -> bool:
        """Return False."""
        return False

    def lift(self, network: str) -> bool:
        """Return False: nobody is blocked from here."""
        return False

    def open_detail(self, statistic: str, key: str) -> None:
        """Do nothing: no row has details."""

    def close_detail(self) -> None:
        """Do nothing."""

    def detail(self, window: float, rows: int) -> DetailView | None:
        """Return None."""
        return None
