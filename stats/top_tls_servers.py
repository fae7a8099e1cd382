"""TLS connections per server."""

from stats.statistic import HITS
from traffic.records import TlsHello


class TopTlsServers:
    """TLS connections per server name that the client asked for: all that can be known of them."""

    name, title, unit, record = "top_tls_servers", "TLS connections by server", HITS, TlsHello

    def key(self, hello: TlsHello) -> str:
        """The name in lower case."""
        return hello.server_name
