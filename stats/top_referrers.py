"""Requests per referrer."""

from urllib.parse import urlsplit

from stats.statistic import HITS
from traffic.records import Request


class TopReferrers:
    """Requests per site that a visitor came from, as `search.example.org`: the host of the Referer field."""

    name, title, unit, record = "top_referrers", "Top hits by referrer", HITS, Request
    columns = ("referrer", "domain")

    def key(self, referrer: str, domain: str) -> str | None:
        """The host in lower case; None without one, and for links within the site itself."""
        try:
            host = urlsplit(referrer).hostname
        except ValueError:  # an address in brackets that is none
            return "(malformed)"
        return None if not host or host == domain else host
