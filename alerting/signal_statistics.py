"""Statistics that the store counts for the signals. They are not shown anywhere.

A key is the name of a possible contributor to an alert. If contributors are looked up within a group, the group comes
first: `5xx 203.0.113.9`, `192.0.2.10:80 shop.example.com/cart`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerting.networks import network
from stats.statistic import BYTES, HITS, Unit
from traffic.batch import ABSENT as NO_STATUS
from traffic.batch import Table, failed_calls
from traffic.finding import SEVERITIES, Finding
from traffic.grpc import failed, status_name
from traffic.records import CAPTURE_END, EVICTED, GAP, Exchange, Request
from traffic.text import host_port

SIGNALS: Final = "signals."
"""Begin of the names of these statistics."""
FINE: Final = "fine"
SERVER_ERROR: Final = "5xx"
CLIENT_ERROR: Final = "4xx"
UNANSWERED: Final = "none"
"""Outcomes of a request."""
GRPC: Final = "gRPC "
"""Precedes a status of gRPC."""
NO_AGENT: Final = "(none)"
"""Stands for a user agent that was not sent."""
UNKNOWN: Final = frozenset({CAPTURE_END, EVICTED, GAP})
"""Endings that concern the capture, not the server."""
_SERIOUS: Final = SEVERITIES.index("medium")
ABSENT: Final = frozenset({404, 410})
"""Statuses for missing resources, which every web server sends to crawlers, scanners and dead links all day. They count
as responses, but not as errors.
"""


@dataclass(frozen=True)
class SignalStatistic:
    """Counts records by the key that `key` makes of their `columns`."""

    name: str
    kind: str
    """What its keys name, as in `Contributor.kind`."""
    record: type
    columns: tuple[str, ...]
    key: Callable[..., str | None]
    timed: bool = False
    """Whether a signal needs the response times of each key."""
    unit: Unit = HITS

    @property
    def responses(self) -> bool:
        """Whether the responses' bytes and times are counted too."""
        return self.timed

    @property
    def title(self) -> str:
        """The name; no panel shows this statistic."""
        return self.name


@dataclass(frozen=True)
class FirstRequests(SignalStatistic):
    """First requests of connections."""

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select requests with the ordinal 1."""
        return np.asarray(table.numbers("ordinal") == 1)


@dataclass(frozen=True)
class FailedExchanges(SignalStatistic):
    """Failed exchanges."""

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select exchanges with an error status or without a status, and failed gRPC calls."""
        status = table.numbers("status")
        return np.asarray((status >= 400) | (status == NO_STATUS) | failed_calls(table))


@dataclass(frozen=True)
class BodyBytes(SignalStatistic):
    """Body bytes, of responses unless `amount` names another column."""

    unit: Unit = BYTES
    amount: str = "response_bytes"


def outcome(status: int | None, ending: str, grpc_status: int | None = None) -> str | None:
    """Return what became of a request; None if the capture lost track of it."""
    if failed(grpc_status):
        return SERVER_ERROR
    if status is None:
        return None if ending in UNKNOWN else UNANSWERED
    if status >= 500:
        return SERVER_ERROR
    return CLIENT_ERROR if status >= 400 and status not in ABSENT else FINE


def _itself(name: str | None) -> str | None:
    return name


def _outcome(status: int | None, ending: str, grpc_status: int | None) -> str | None:
    name = ending if status is None else str(status)
    if grpc_status is not None and failed(grpc_status):
        name = f"{GRPC}{status_name(grpc_status)}"
    return _fault(status, ending, grpc_status, name) or outcome(status, ending, grpc_status)


def _fault(status: int | None, ending: str, grpc_status: int | None, name: str | None) -> str | None:
    kind = outcome(status, ending, grpc_status)
    return None if name is None or kind in (None, FINE) else f"{kind} {name}"


def _serious(severity: str, name: str) -> str | None:
    return name if SEVERITIES.index(severity) >= _SERIOUS else None


def _of_server(address: str, port: int, name: str | None) -> str | None:
    return None if name is None else f"{host_port(address, port)} {name}"


def _agent(user_agent: str | None) -> str | None:
    return NO_AGENT if user_agent == "" else user_agent


REQUESTS: Final = (
    SignalStatistic("signals.requests_by_client", "client", Request, ("client",), _itself),
    SignalStatistic("signals.requests_by_section", "section", Request, ("section",), _itself),
)
"""Requests by client and by section. Both have the same total."""

ASKED: Final = (
    *REQUESTS,
    SignalStatistic("signals.requests_by_server", "server", Request, ("server", "server_port"), host_port),
    SignalStatistic("signals.requests_by_network", "network", Request, ("client",), network),
    SignalStatistic("signals.requests_by_agent", "user agent", Request, ("user_agent",), _agent),
)
"""Requests by client, section, server, network and user agent, with which failures are compared."""

NEW_CONNECTIONS: Final = (
    FirstRequests("signals.new_connections_by_client", "client", Request, ("client",), _itself),
    FirstRequests("signals.new_connections_by_server", "server", Request, ("server", "server_port"), host_port),
)
"""First requests of connections, by client and by server."""

SENT: Final = (
    BodyBytes("signals.sent_by_client", "client", Exchange, ("client",), _itself),
    BodyBytes("signals.sent_by_section", "section", Exchange, ("section",), _itself),
)
"""Body bytes that servers sent. Responses whose request was not seen are only in the first."""

_RESULT: Final = ("status", "ending", "grpc_status")
"""Columns that say what became of a request."""
OUTCOMES: Final = SignalStatistic("signals.outcomes", "status", Exchange, _RESULT, _outcome)
"""Exchanges by outcome, with the status of errors and the ending of unanswered requests: `5xx 503`."""

FAULTS: Final = (
    FailedExchanges("signals.faults_by_section", "section", Exchange, (*_RESULT, "section"), _fault),
    FailedExchanges("signals.faults_by_client", "client", Exchange, (*_RESULT, "client"), _fault),
    FailedExchanges(
        "signals.faults_by_server",
        "server",
        Exchange,
        (*_RESULT, "server", "server_port"),
        lambda status, ending, grpc_status, address, port: _fault(
            status, ending, grpc_status, host_port(address, port)
        ),
    ),
    FailedExchanges(
        "signals.faults_by_network",
        "network",
        Exchange,
        (*_RESULT, "client"),
        lambda status, ending, grpc_status, client: _fault(status, ending, grpc_status, network(client)),
    ),
    FailedExchanges(
        "signals.faults_by_agent",
        "user agent",
        Exchange,
        (*_RESULT, "user_agent"),
        lambda status, ending, grpc_status, agent: _fault(status, ending, grpc_status, _agent(agent)),
    ),
)
"""Failed exchanges by section, client, server, network and user agent, grouped by outcome."""

TIMES: Final = SignalStatistic(
    "signals.times_by_server", "server", Exchange, ("server", "server_port"), host_port, timed=True
)
"""Response times of each server."""

TIMES_BY: Final = (
    SignalStatistic(
        "signals.times_by_section", "section", Exchange, ("server", "server_port", "section"), _of_server, timed=True
    ),
    SignalStatistic(
        "signals.times_by_client", "client", Exchange, ("server", "server_port", "client"), _of_server, timed=True
    ),
)
"""Response times by section and by client, grouped by server."""

TIMES_OF_KEYS: Final = (
    SignalStatistic("signals.times_of_section", "section", Exchange, ("section",), _itself, timed=True),
    TIMES,
    SignalStatistic("signals.times_of_network", "network", Exchange, ("client",), network, timed=True),
    SignalStatistic("signals.times_of_agent", "user agent", Exchange, ("user_agent",), _agent, timed=True),
)
"""Response times of each section, server, network and user agent."""

FOUND: Final = (
    SignalStatistic("signals.findings_by_client", "client", Finding, ("severity", "client"), _serious),
    SignalStatistic("signals.findings_by_rule", "finding", Finding, ("severity", "rule"), _serious),
)
"""Findings of medium severity or worse, by client and by rule. Both have the same total."""
