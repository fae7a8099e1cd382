"""TLS connections per server."""

from stats.statistic import HITS
from traffic.records import TlsHello


class TopTlsServers:
    """TLS connections per server name requested by the client, which is all that can be known of them."""

    name, title, unit, record = "top_tls_servers", "TLS connections by server", HITS, TlsHello
    columns = ("server_name",)

    def key(self, server_name: str) -> str:
        """Return the name in lower case."""
        return server_name
