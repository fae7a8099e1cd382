"""Writes a finding as one line of JSON, with the field names of the Elastic Common Schema, like exchanges. Pure;
`docs/output.md` explains every field.
"""

from collections.abc import Iterator
from typing import Any, Final

from traffic.finding import SEVERITIES, Finding
from view.exchange_line import ECS_VERSION, encoded
from view.log_times import microseconds, moment

_STEP: Final = 25
"""Between two severities, on a scale from 0 to 100."""


def finding_line(finding: Finding) -> str:
    """Write the finding as one JSON object without a line end."""
    return encoded({name: value for name, value in finding_fields(finding) if value not in (None, "", [])})


def finding_fields(finding: Finding) -> Iterator[tuple[str, Any]]:
    """Return each field with its value, which may be empty if it is unknown."""
    yield "@timestamp", moment(microseconds(finding.time))
    yield "event.kind", "alert"
    yield "event.category", ["intrusion_detection"]
    yield "event.severity", _STEP * SEVERITIES.index(finding.severity)
    yield "event.reason", finding.reason
    yield "rule.name", finding.rule
    yield "rule.ruleset", finding.detector
    yield "threat.technique.id", finding.technique
    yield "log.level", finding.severity
    yield "client.ip", finding.client
    yield "source.ip", finding.client
    yield "source.port", finding.client_port or None
    yield "destination.ip", finding.server
    yield "destination.port", finding.server_port or None
    yield "url.domain", finding.host
    yield "url.path", finding.path
    yield "http_monitor.evidence", finding.evidence
    yield "ecs.version", ECS_VERSION
