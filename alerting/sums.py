"""What the store counts for the signals: small statistics, which are shown nowhere.

A key is the name of somebody who may be behind an alert. Where these are looked for in a group, it stands before the
name: `5xx 203.0.113.9`, `192.0.2.10:80 shop.example.com/cart`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stats.statistic import BYTES, HITS, Unit
from traffic.batch import ABSENT as NO_STATUS
from traffic.batch import Table
from traffic.records import CAPTURE_END, EVICTED, GAP, Exchange, Request
from traffic.text import host_port

FINE: Final = "fine"
SERVER_ERROR: Final = "5xx"
CLIENT_ERROR: Final = "4xx"
UNANSWERED: Final = "none"
"""What becomes of a request."""
UNKNOWN: Final = frozenset({CAPTURE_END, EVICTED, GAP})
"""Endings that say something about the capture, and nothing about the server."""
ABSENT: Final = frozenset({404, 410})
"""What was asked for is not there: the answer to crawlers, scanners and dead links on every web server, day by day. It
counts as a response and is no error."""


@dataclass(frozen=True)
class Sum:
    """A statistic: records are counted by the key that `key` makes of their `columns`."""

    name: str
    kind: str
    """What its keys name, as in `Contributor.kind`."""
    record: type
    columns: tuple[str, ...]
    key: Callable[..., str | None]
    timed: bool = False
    """Whether a signal looks at the response times of each key."""
    unit: Unit = HITS

    @property
    def responses(self) -> bool:
        """Whether what is known of the responses is counted too."""
        return self.timed

    @property
    def title(self) -> str:
        """There is no panel that would need another one."""
        return self.name


@dataclass(frozen=True)
class First(Sum):
    """First requests of connections."""

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Those that are number 1."""
        return np.asarray(table.numbers("ordinal") == 1)


@dataclass(frozen=True)
class Fault(Sum):
    """Exchanges that are not fine."""

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Those with a status of errors, or without one."""
        status = table.numbers("status")
        return np.asarray((status >= 400) | (status == NO_STATUS))


@dataclass(frozen=True)
class Volume(Sum):
    """Body bytes of responses."""

    unit: Unit = BYTES
    amount: str = "response_bytes"


def outcome(status: int | None, ending: str) -> str | None:
    """What became of a request; None where the capture lost sight of it."""
    if status is None:
        return None if ending in UNKNOWN else UNANSWERED
    if status >= 500:
        return SERVER_ERROR
    return CLIENT_ERROR if status >= 400 and status not in ABSENT else FINE


def _itself(name: str | None) -> str | None:
    return name


def _outcome(status: int | None, ending: str) -> str | None:
    return _fault(status, ending, ending if status is None else str(status)) or outcome(status, ending)


def _fault(status: int | None, ending: str, name: str | None) -> str | None:
    kind = outcome(status, ending)
    return None if name is None or kind in (None, FINE) else f"{kind} {name}"


def _of_server(address: str, port: int, name: str | None) -> str | None:
    return None if name is None else f"{host_port(address, port)} {name}"


REQUESTS: Final = (
    Sum("signals.requests_by_client", "client", Request, ("client",), _itself),
    Sum("signals.requests_by_section", "section", Request, ("section",), _itself),
)
"""Requests; each of the two has all of them."""

NEW_CONNECTIONS: Final = (
    First("signals.new_connections_by_client", "client", Request, ("client",), _itself),
    First("signals.new_connections_by_server", "server", Request, ("server", "server_port"), host_port),
)
"""First requests of connections."""

SENT: Final = (
    Volume("signals.sent_by_client", "client", Exchange, ("client",), _itself),
    Volume("signals.sent_by_section", "section", Exchange, ("section",), _itself),
)
"""Body bytes that servers sent. Those of responses whose request was not seen are in the first only."""

OUTCOMES: Final = Sum("signals.outcomes", "status", Exchange, ("status", "ending"), _outcome)
"""Exchanges by what became of them, with the status of errors and the ending of what was not answered: `5xx 503`."""

FAULTS: Final = (
    Fault("signals.faults_by_section", "section", Exchange, ("status", "ending", "section"), _fault),
    Fault("signals.faults_by_client", "client", Exchange, ("status", "ending", "client"), _fault),
    Fault(
        "signals.faults_by_server",
        "server",
        Exchange,
        ("status", "ending", "server", "server_port"),
        lambda status, ending, address, port: _fault(status, ending, host_port(address, port)),
    ),
)
"""Whose those are that are not fine, grouped by what became of them."""

TIMES: Final = Sum("signals.times_by_server", "server", Exchange, ("server", "server_port"), host_port, timed=True)
"""Response times of each server."""

TIMES_BY: Final = (
    Sum("signals.times_by_section", "section", Exchange, ("server", "server_port", "section"), _of_server, timed=True),
    Sum("signals.times_by_client", "client", Exchange, ("server", "server_port", "client"), _of_server, timed=True),
)
"""Whose these are, grouped by server."""
