"""Time of TLS handshakes per server."""

from stats.servers import server_name as address_and_port
from stats.statistic import SECONDS
from traffic.records import TlsHandshake


class TlsHandshakeTime:
    """Seconds from the ClientHello until a TLS connection is established, per server name, without connecting."""

    name, title, unit, record = "tls_handshake_time", "TLS handshake time", SECONDS, TlsHandshake
    columns, amount = ("server_name", "server", "server_port"), "handshake_time"
    only_when_seen = True

    def key(self, server_name: str, server: str, server_port: int) -> str:
        """Return the name that the client asked for, or the address of the server."""
        return server_name or address_and_port(server, server_port)
