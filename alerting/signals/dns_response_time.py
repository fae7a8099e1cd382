"""A DNS server that answers more slowly than usual."""

from alerting.dns_statistics import TIMES, TIMES_BY
from alerting.signals.response_time import ResponseTime


class DnsResponseTime(ResponseTime):
    """95th percentile of each DNS server's response times, judged like those of HTTP servers."""

    name, title, statistics = "dns_response_time", "DNS response time", (TIMES, *TIMES_BY)
    headline = "Slow DNS answers"
