"""DNS lookups per type."""

from stats.dns import DNS
from stats.statistic import HITS
from traffic.records import DnsLookup


class DnsTypes:
    """DNS lookups per type of the requested records; other operations than queries by their name, such as `update`."""

    name, title, unit, record = "dns_types", "DNS lookups by type", HITS, DnsLookup
    columns, only_when_seen = ("kind", "operation", "type"), True

    def key(self, kind: str, operation: str, type: str) -> str | None:  # noqa: A002 - parameters are named after columns
        """Return `AAAA`, for example; None without a question."""
        if kind != DNS:
            return None
        return (type or None) if operation == "query" else operation
