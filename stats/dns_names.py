"""DNS lookups per name."""

from stats.dns import DNS
from stats.statistic import HITS
from traffic.records import DnsLookup


class DnsNames:
    """DNS lookups per requested name."""

    name, title, unit, record = "dns_names", "DNS lookups by name", HITS, DnsLookup
    columns, only_when_seen = ("kind", "name"), True

    def key(self, kind: str, name: str) -> str | None:
        """Return the name in lower case; None without a question."""
        return name or None if kind == DNS else None
