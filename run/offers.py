"""Offers a better baseline when the one that was learned once does not fit an ordinary day."""

from collections.abc import Mapping
from typing import Final

from alerting.events import AlertContinued, Event, Flapping
from view.decision import signal_in_words
from view.outlet import Outlet

HOURS: Final = 3
"""Hours of one alert after which it may be the baseline that is wrong: it was learned at a quiet time."""


class Offers(Outlet):
    """An outlet whose warnings name, once for each signal, the setting that would follow the time of day."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        """`kinds` has the kind of each signal's baseline: `fixed`, `previous` or `seasonal`."""
        self._kinds = kinds
        self._offers: dict[str, str] = {}

    def event(self, event: Event) -> None:
        """Offer it for a signal with a fixed baseline that flaps, or alerts for hours."""
        if isinstance(event, Flapping):
            self._offer(event.signal, f"changed state {event.changes} times in an hour")
        elif isinstance(event, AlertContinued) and event.time - event.alert.start >= HOURS * 3600:
            self._offer(event.alert.signal, f"has alerted for {HOURS} hours")

    def _offer(self, signal: str, why: str) -> None:
        if self._kinds.get(signal) == "fixed" and signal not in self._offers:
            setting = f"--set {signal}_baseline=seasonal"
            self._offers[signal] = f"{signal_in_words(signal)} {why}; {setting} follows the time of day"

    @property
    def warnings(self) -> tuple[str, ...]:
        """The offers, for the user."""
        return tuple(self._offers.values())
