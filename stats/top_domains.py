"""Requests per domain."""

from stats.statistic import HITS
from traffic.records import Request


class TopDomains:
    """Requests per domain, such as `my.site.com`."""

    name, title, unit, record = "top_domains", "Top hits by domain", HITS, Request
    columns = ("domain",)

    def key(self, domain: str) -> str:
        """Return the host name without its port; the server's address if the request has no host."""
        return domain
