"""Findings per client."""

from stats.statistic import HITS
from traffic.finding import Finding


class FindingsByClient:
    """What the detectors found, per client."""

    name, title, unit, record = "findings_by_client", "Findings by client", HITS, Finding
    columns = ("client",)
    only_when_seen = True

    def key(self, client: str) -> str | None:
        """Return the client's address; None if it is unknown."""
        return client or None
