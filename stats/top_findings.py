"""Findings per rule."""

from stats.statistic import HITS
from traffic.finding import Finding


class TopFindings:
    """What the detectors found, per rule with its severity."""

    name, title, unit, record = "top_findings", "Findings", HITS, Finding
    columns = ("rule", "severity")
    only_when_seen = True

    def key(self, rule: str, severity: str) -> str:
        """Return `path_scan (medium)`, for example."""
        return f"{rule} ({severity})"
