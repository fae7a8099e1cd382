"""Names in multicast DNS and LLMNR."""

from stats.dns import DNS
from stats.statistic import HITS
from traffic.records import DnsLookup


class LocalNames:
    """Names that hosts of the local network ask for or announce (RFC 6762, RFC 4795)."""

    name, title, unit, record = "local_names", "Local names (mDNS, LLMNR)", HITS, DnsLookup
    columns, only_when_seen = ("kind", "name"), True

    def key(self, kind: str, name: str) -> str | None:
        """Return `mdns printer.local`, for example; None for DNS."""
        return f"{kind} {name}" if name and kind != DNS else None
