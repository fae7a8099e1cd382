"""Writes a block, or its end, as one line of JSON, with the field names of the Elastic Common Schema, like exchanges.
Pure; `docs/output.md` explains every field.
"""

from collections.abc import Iterator
from typing import Any, Final

from blocking.block import BlockEvent, Lifted, said
from traffic.finding import LOW, SEVERITIES
from view.exchange_line import ECS_VERSION, encoded
from view.log_times import microseconds, moment

_STEP: Final = 25
"""Between two severities, on a scale from 0 to 100."""
BLOCKED: Final = "blocked"
UNBLOCKED: Final = "unblocked"


def block_line(event: BlockEvent) -> str:
    """Write the event as one JSON object without a line end."""
    return encoded({name: value for name, value in block_fields(event) if value not in (None, "", [])})


def block_fields(event: BlockEvent) -> Iterator[tuple[str, Any]]:
    """Return each field with its value, which may be empty if it is unknown."""
    block, over = event.block, isinstance(event, Lifted)
    level = severity(event)
    yield "@timestamp", moment(microseconds(event.time))
    yield "event.start", moment(microseconds(block.since))
    yield "event.kind", "event"
    yield "event.category", ["intrusion_detection", "network"]
    yield "event.type", ["allowed" if over else "denied"]
    yield "event.action", UNBLOCKED if over else BLOCKED
    yield "event.severity", _STEP * SEVERITIES.index(level)
    yield "event.reason", block.reason
    yield "log.level", level
    yield "message", said(event)
    yield "rule.name", block.rule
    yield "client.ip", block.client
    yield "source.ip", block.client
    yield "http_monitor.blocked", block.network
    yield "http_monitor.until", moment(microseconds(block.until))
    yield "http_monitor.offences", block.offences
    yield "http_monitor.ended", event.why.value if isinstance(event, Lifted) else ""
    yield "http_monitor.dry_run", block.dry_run
    yield "ecs.version", ECS_VERSION


def severity(event: BlockEvent) -> str:
    """Return the severity of the offence; the end of a block is a low one."""
    return LOW if isinstance(event, Lifted) else event.block.severity
