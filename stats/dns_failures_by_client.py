"""Failed DNS lookups per client."""

import numpy as np
from numpy.typing import NDArray

from stats.dns import DNS, NXDOMAIN, SERVFAIL
from stats.statistic import HITS
from traffic.batch import Table
from traffic.records import DnsLookup


class DnsFailuresByClient:
    """NXDOMAIN and SERVFAIL per client: wrong settings, or a program that looks for names at random."""

    name, title, unit, record = "dns_failures_by_client", "DNS failures by client", HITS, DnsLookup
    columns, only_when_seen = ("kind", "rcode", "client"), True

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select failed lookups; they are few, so few keys are made."""
        codes, values = table.texts("rcode")
        failed = [code for code, value in enumerate(values) if value in (NXDOMAIN, SERVFAIL)]
        return np.isin(codes, failed)

    def key(self, kind: str, rcode: str, client: str) -> str | None:
        """Return `NXDOMAIN 10.0.0.7`, for example; None for lookups that did not fail."""
        return f"{rcode} {client}" if kind == DNS and rcode in (NXDOMAIN, SERVFAIL) else None
