"""TLS handshakes per kind of client."""

from stats.statistic import HITS
from traffic.records import TlsHandshake


class TlsClients:
    """TLS handshakes per fingerprint of the client (JA4), which tells programs apart, but not their users."""

    name, title, unit, record = "tls_clients", "TLS clients (JA4)", HITS, TlsHandshake
    columns = ("ja4",)
    only_when_seen = True

    def key(self, ja4: str) -> str | None:
        """Return the fingerprint; None if the ClientHello was missed."""
        return ja4 or None
