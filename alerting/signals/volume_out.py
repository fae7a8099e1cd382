"""Far more bytes sent by the servers than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.counts.volume import Volume
from alerting.rule import WHOLE, Measured


class VolumeOut:
    """Body bytes of responses per second, above the baseline by more than `threshold` percent.

    It is silent below `floor` bytes per second.
    """

    name, title, unit, count = "volume_out", "Volume out", Unit.BYTES, Volume
    headline, quantity = "High outgoing volume", "volume"
    low, points, least, learns_from = False, False, 0.0, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor

    def measure(self, count: Volume, seconds: float) -> Mapping[str, Measured]:
        """Bytes per second."""
        rate = count.sent.total / seconds
        return {WHOLE: Measured(rate, rate)}

    def contributors(self, count: Volume, subject: str, usual: Volume | None, scale: float) -> tuple[Contributor, ...]:
        """Who has the largest part of what is more than usual."""
        return (count.sent.above(usual.sent, scale) if usual else count.sent).contributors()
