"""Findings per rule."""

from stats.statistic import HITS
from traffic.finding import Finding


class TopFindings:
    """What the detectors found, per rule with its severity."""

    name, title, unit, record = "top_findings", "Findings", HITS, Finding
    columns = ("detector", "rule", "severity")
    only_when_seen = True

    def key(self, detector: str, rule: str, severity: str) -> str:
        """Return `path_scan (medium)` or, if the rule does not say what it belongs to, `waf/942100 (high)`."""
        says_it = rule == detector or "/" in rule
        return f"{rule if says_it else f'{detector}/{rule}'} ({severity})"
