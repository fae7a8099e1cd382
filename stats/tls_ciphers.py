"""TLS handshakes per cipher suite."""

from stats.statistic import HITS
from traffic.records import TlsHandshake


class TlsCiphers:
    """TLS handshakes per cipher suite that the server chose, by its registered name."""

    name, title, unit, record = "tls_ciphers", "TLS cipher suites", HITS, TlsHandshake
    columns = ("cipher",)
    only_when_seen = True

    def key(self, cipher: str) -> str | None:
        """Return the suite without `TLS_`, which all have; None if the server did not get to choose one."""
        return cipher.removeprefix("TLS_") or None
