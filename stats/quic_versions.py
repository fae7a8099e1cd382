"""QUIC connections per version."""

from stats.statistic import HITS
from traffic.records import QuicConnection
from traffic.text import UNKNOWN


class QuicVersions:
    """QUIC connections per version, such as `1`, `2`, `draft-29` or `Q046`."""

    name, title, unit, record = "quic_versions", "QUIC versions", HITS, QuicConnection
    columns, only_when_seen = ("version",), True

    def key(self, version: str) -> str:
        """Return the version; `(unknown)` if only a negotiation was seen."""
        return version or UNKNOWN
