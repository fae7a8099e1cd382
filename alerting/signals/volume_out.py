"""Servers send far more bytes than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import excess_contributors
from alerting.rule import WHOLE, Measured
from alerting.signal_statistics import SENT
from alerting.window import Window


class VolumeOut:
    """Body bytes of responses per second; alerts `threshold` percent above the baseline.

    It is silent below `floor` bytes per second.
    """

    name, title, unit, statistics = "volume_out", "Volume out", SignalUnit.BYTES, SENT
    headline, quantity = "High outgoing volume", "volume"
    low, points, least, learns_from = False, False, 0.0, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the bytes per second."""
        rate = window.of(SENT[0]).total / window.seconds
        return {WHOLE: Measured(rate, rate)}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to the excess over the usual."""
        return excess_contributors(self.statistics, window, usual)
