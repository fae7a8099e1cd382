"""Failed TLS handshakes per reason."""

from stats.statistic import HITS
from traffic.records import TlsHandshake


class TlsFailures:
    """TLS handshakes that failed, per alert and the side that sent it."""

    name, title, unit, record = "tls_failures", "TLS failures", HITS, TlsHandshake
    columns = ("outcome", "alert", "alert_side")
    only_when_seen = True

    def key(self, outcome: str, alert: str, alert_side: str) -> str | None:
        """Return `certificate_expired from the client`, for example; None unless the handshake failed.

        Alerts may be encrypted, and some peers close without one.
        """
        if outcome != "failed":
            return None
        return f"{alert} from the {alert_side}" if alert else "closed without a readable alert"
