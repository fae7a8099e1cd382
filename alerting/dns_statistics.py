"""Statistics of DNS lookups that the store counts for the signals, if lookups are watched. They are not shown."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerting.signal_statistics import SignalStatistic
from stats.dns import DNS, NXDOMAIN, dns_server
from stats.statistic import SECONDS, Unit
from traffic.batch import Table
from traffic.records import DnsLookup


@dataclass(frozen=True)
class UnknownNames(SignalStatistic):
    """Lookups of names that do not exist."""

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select lookups with the response code NXDOMAIN."""
        codes, values = table.texts("rcode")
        return np.isin(codes, [code for code, value in enumerate(values) if value == NXDOMAIN])


@dataclass(frozen=True)
class TimedLookups(SignalStatistic):
    """Response times of lookups."""

    unit: Unit = SECONDS
    amount: str = "response_time"


def _answered(kind: str, rcode: str, name: str) -> str | None:
    return name if rcode and kind == DNS else None


def _code(kind: str, rcode: str) -> str | None:
    return _answered(kind, rcode, rcode)


def _of_server(kind: str, server: str, port: int, name: str) -> str | None:
    key = dns_server(kind, server, port)
    return None if key is None else f"{key} {name}"


CODES: Final = SignalStatistic("signals.dns_codes", "response code", DnsLookup, ("kind", "rcode"), _code)
"""Answered lookups by response code."""

ANSWERED: Final = (
    SignalStatistic("signals.dns_answered_by_client", "client", DnsLookup, ("kind", "rcode", "client"), _answered),
    SignalStatistic("signals.dns_answered_by_name", "name", DnsLookup, ("kind", "rcode", "name"), _answered),
)
"""Answered lookups by client and by name, with which those without a result are compared."""

UNKNOWN_NAMES: Final = (
    UnknownNames("signals.dns_unknown_by_client", "client", DnsLookup, ("kind", "rcode", "client"), _answered),
    UnknownNames("signals.dns_unknown_by_name", "name", DnsLookup, ("kind", "rcode", "name"), _answered),
)
"""Lookups of names that do not exist, by client and by name."""

TIMES: Final = TimedLookups(
    "signals.dns_times_by_server", "server", DnsLookup, ("kind", "server", "server_port"), dns_server, timed=True
)
"""Response times of each DNS server."""

TIMES_BY: Final = (
    TimedLookups(
        "signals.dns_times_by_name",
        "name",
        DnsLookup,
        ("kind", "server", "server_port", "name"),
        _of_server,
        timed=True,
    ),
    TimedLookups(
        "signals.dns_times_by_client",
        "client",
        DnsLookup,
        ("kind", "server", "server_port", "client"),
        _of_server,
        timed=True,
    ),
)
"""Response times by name and by client, grouped by server."""
