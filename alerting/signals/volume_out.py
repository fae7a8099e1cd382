"""Far more bytes sent by the servers than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.contributors import excess
from alerting.rule import WHOLE, Measured
from alerting.sums import SENT
from alerting.window import Window


class VolumeOut:
    """Body bytes of responses per second, above the baseline by more than `threshold` percent.

    It is silent below `floor` bytes per second.
    """

    name, title, unit, sums = "volume_out", "Volume out", Unit.BYTES, SENT
    headline, quantity = "High outgoing volume", "volume"
    low, points, least, learns_from = False, False, 0.0, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Bytes per second."""
        rate = window.of(SENT[0]).total / window.seconds
        return {WHOLE: Measured(rate, rate)}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Who has the largest part of what is more than usual."""
        return excess(self.sums, window, usual)
