"""An alert that was raised or dismissed, with the field names of the Elastic Common Schema, like exchanges. Pure;
`docs/output.md` explains every field.
"""

from collections.abc import Iterator
from typing import Any, Final

from notices.notice import ABOUT_SIGNALS, Kind, Notice, contributor_line, facts, number
from view.exchange_line import ECS_VERSION, encoded
from view.log_times import microseconds, moment, nanoseconds

ACTIVE: Final = (Kind.RAISED, Kind.FLAPPING)
"""Changes that somebody should look at."""
_SEVERITIES: Final = {True: (50, "medium"), False: (25, "low")}
_COPIED: Final = (
    "signal", "subject", "sensor", "source", "value", "peak", "baseline", "threshold", "limit", "unit", "changes",
    "since", "before", "after", "dropped_percent", "incident",
)  # fmt: skip
"""Facts of a notice that keep their names."""


def alert_line(notice: Notice) -> str:
    """Write the change as one JSON object without a line end."""
    return encoded({name: value for name, value in alert_fields(notice) if value not in (None, "", [])})


def alert_fields(notice: Notice) -> Iterator[tuple[str, Any]]:
    """Return each field with its value, which may be empty if it is unknown."""
    alert, known = notice.alert, facts(notice)
    severity, level = _SEVERITIES[notice.kind in ACTIVE]
    yield "@timestamp", moment(microseconds(notice.time))
    yield "event.start", moment(microseconds(alert.start))
    yield "event.end", moment(microseconds(alert.end))
    yield "event.duration", nanoseconds(number(alert.duration(notice.time)))
    yield "event.kind", "event" if notice.kind in ABOUT_SIGNALS else "alert"
    yield "event.category", ["network"]
    yield "event.action", notice.kind.value
    yield "event.id", notice.identity
    yield "event.severity", severity
    yield "event.reason", notice.text
    yield "log.level", level
    yield "message", notice.headline
    yield "rule.name", alert.signal
    yield "observer.hostname", notice.host
    yield "http_monitor.alert_id", notice.alert_identity
    for name in _COPIED:
        yield f"http_monitor.{name}", known[name]
    yield "http_monitor.contributors", [contributor_line(each) for each in alert.contributors]
    yield "ecs.version", ECS_VERSION
