"""DNS lookups per registered domain."""

from stats.dns import DNS
from stats.loading import StatisticError
from stats.statistic import HITS
from traffic.records import DnsLookup
from traffic.registered_domain import registered_domains


class DnsDomains:
    """DNS lookups per registered domain: many different names below one may be a tunnel."""

    name, title, unit, record = "dns_domains", "DNS lookups by domain", HITS, DnsLookup
    columns, only_when_seen = ("kind", "name"), True

    def __init__(self) -> None:
        registered = registered_domains()
        if registered is None:
            raise StatisticError(
                "registered domains need the package publicsuffixlist: pip install -r requirements-domains.txt"
            )
        self._registered = registered

    def key(self, kind: str, name: str) -> str | None:
        """Return `example.co.uk` for `www.example.co.uk`; None without a question."""
        return self._registered(name) if name and kind == DNS else None
