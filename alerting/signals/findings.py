"""More findings than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import main_contributors
from alerting.rule import WHOLE, Measured
from alerting.signal_statistics import FOUND
from alerting.window import Window


class Findings:
    """Findings of medium severity or worse; alerts if there are more than `threshold` above the baseline.

    The same attacker is reported again only after a while, so few findings are many attackers or many kinds of attack.
    """

    name, title, unit, statistics = "findings", "Findings", SignalUnit.FINDINGS, FOUND
    headline, quantity = "Many findings", "findings"
    low, points, least, floor, learns_from = False, True, 0.0, 0.0, 0.0

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the number of findings."""
        count = window.of(FOUND[0]).total
        return {WHOLE: Measured(count, count)}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main clients and rules."""
        return main_contributors(FOUND, window, None)
