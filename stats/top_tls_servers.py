"""TLS connections per server."""

from stats.statistic import HITS
from traffic.records import TlsHello


class TopTlsServers:
    """TLS connections per server name that the client asked for: all that can be known of them."""

    name, title, unit, record = "top_tls_servers", "TLS connections by server", HITS, TlsHello
    columns = ("server_name",)

    def key(self, server_name: str) -> str:
        """The name in lower case."""
        return server_name
