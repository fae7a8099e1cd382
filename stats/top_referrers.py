"""Requests per referrer."""

from urllib.parse import urlsplit

from stats.statistic import HITS
from traffic.records import Request


class TopReferrers:
    """Requests per referring site, such as `search.example.org`: the host of the Referer field."""

    name, title, unit, record = "top_referrers", "Top hits by referrer", HITS, Request
    columns = ("referrer", "domain")

    def key(self, referrer: str, domain: str) -> str | None:
        """Return the host in lower case; None without one, and for links within the site."""
        try:
            host = urlsplit(referrer).hostname
        # The URL has an invalid address in brackets.
        except ValueError:
            return "(malformed)"
        return None if not host or host == domain else host
