"""What the statistics of DNS lookups have in common."""

from typing import Final

from stats.servers import server_name

DNS: Final = "dns"
"""Kind of the lookups that a server answers; multicast DNS and LLMNR have none."""
PORT: Final = 53
NXDOMAIN: Final = "NXDOMAIN"
SERVFAIL: Final = "SERVFAIL"
UNANSWERED: Final = "(unanswered)"


def dns_server(kind: str, server: str, port: int) -> str | None:
    """Return the key of a DNS server: its address, with its port unless that is 53; None for other kinds."""
    if kind != DNS:
        return None
    return server if port == PORT else server_name(server, port)
