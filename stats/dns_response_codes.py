"""DNS lookups per response code."""

from stats.dns import DNS, UNANSWERED
from stats.statistic import HITS
from traffic.records import TIMEOUT, DnsLookup


class DnsResponseCodes:
    """DNS lookups per response code, and unanswered ones."""

    name, title, unit, record = "dns_response_codes", "DNS response codes", HITS, DnsLookup
    columns, only_when_seen = ("kind", "rcode", "ending"), True

    def key(self, kind: str, rcode: str, ending: str) -> str | None:
        """Return `NXDOMAIN`, for example; None if an answer might have come after the capture."""
        if kind != DNS:
            return None
        return rcode or (UNANSWERED if ending == TIMEOUT else None)
