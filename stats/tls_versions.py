"""TLS handshakes per version."""

from stats.statistic import HITS
from traffic.records import TlsHandshake


class TlsVersions:
    """TLS handshakes per version that the server chose, such as `TLS 1.3`."""

    name, title, unit, record = "tls_versions", "TLS versions", HITS, TlsHandshake
    columns = ("version",)
    only_when_seen = True

    def key(self, version: str) -> str | None:
        """Return the version; None if the server did not get to choose one."""
        return version or None
