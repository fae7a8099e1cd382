"""TLS certificates that expire soon."""

from datetime import datetime, timedelta, timezone
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stats.statistic import HITS
from traffic.batch import Table
from traffic.records import TlsHandshake

DAY: Final = 86400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


class TlsCertificatesExpiring:
    """TLS handshakes whose certificate has expired, or will within `tls_expiry_days`, per name and date of expiry.

    TLS 1.3 encrypts certificates, so only those of older versions are seen.
    """

    name, title, unit, record = "tls_certificates_expiring", "TLS certificates expiring", HITS, TlsHandshake
    columns = ("certificate_subject", "certificate_names", "not_after")
    only_when_seen = True

    def __init__(self, tls_expiry_days: int = 30) -> None:
        self._days = tls_expiry_days

    def where(self, table: Table) -> NDArray[np.bool_]:
        """Select the handshakes that showed such a certificate, by the time at which they did."""
        return np.asarray(table.numbers("not_after") - table.numbers("time") < self._days * DAY)

    def key(self, certificate_subject: str, certificate_names: str, not_after: float) -> str:
        """Return `shop.example.com until 2026-12-01`, for example."""
        name = common_name(certificate_subject) or certificate_names.partition(", ")[0] or "(no name)"
        return f"{name} until {(_EPOCH + timedelta(seconds=not_after)).date()}"


def common_name(subject: str) -> str:
    """Return the last CN of a distinguished name as written in `TlsHandshake`; empty if there is none."""
    names = [part.removeprefix("CN=") for part in subject.split(", ") if part.startswith("CN=")]
    return names[-1] if names else ""
