"""Writes the View as one line of JSON. Pure; `docs/output.md` and `docs/view.schema.json` describe it.

Every field of the View is written, under a name that includes its unit. Lines are ASCII: whatever a peer sent, the
terminal that shows them sees no character that could move its cursor or reverse its text.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from alerting.alert import Contributor
from blocking.block import Block
from view.panel import BandView, Chart, Measure, Panel, ResponseTimes, Row
from view.sensors import FleetView, SensorView
from view.view import (
    AlertView,
    EnforcingView,
    FilterView,
    HealthView,
    HistoryView,
    LearningView,
    PeriodView,
    SignalView,
    View,
)

SCHEMA: Final = 2
"""Raised when a field is removed, or its name or meaning changes; new fields do not raise it."""

_TIMES: Final = {
    "longest_alert": "longest_alert_seconds",
    "average_alert": "average_alert_seconds",
}
_NAMES: Final[Mapping[type, Mapping[str, str]]] = {
    View: {
        **_TIMES,
        "now": "timestamp_seconds",
        "started": "started_timestamp_seconds",
        "dismissed_at": "dismissed_timestamp_seconds",
        "request_rate": "requests_per_second",
        "peak_rate": "peak_requests_per_second",
        "bucket_size": "bucket_seconds",
        "retention": "retention_seconds",
        "window": "window_seconds",
        "history_since": "history_since_timestamp_seconds",
    },
    LearningView: {
        "count": "requests",
        "elapsed": "elapsed_seconds",
        "duration": "duration_seconds",
        "rate": "requests_per_second",
        "silence": "silence_seconds",
    },
    EnforcingView: {
        "baseline": "baseline_requests",
        "bucket_size": "bucket_seconds",
        "threshold": "threshold_percent",
        "limit": "limit_requests",
        "count": "requests",
        "next_check": "next_check_seconds",
    },
    AlertView: {
        "start": "start_timestamp_seconds",
        "end": "end_timestamp_seconds",
        "dropped_share": "dropped_ratio",
        "since": "since_timestamp_seconds",
        "bucket_size": "bucket_seconds",
        "quiet_until": "quiet_until_timestamp_seconds",
    },
    Contributor: {"share": "share_ratio"},
    SignalView: {**_TIMES, "muted_until": "muted_until_timestamp_seconds"},
    HealthView: {
        "packet_rate": "packets_per_second",
        "frames": "packets",
        "dropped": "dropped_packets",
        "queue_lost": "lost_records",
        "evicted": "evicted_connections",
        "unreadable": "unreadable_connections",
        "warnings": "notices",
        "dropped_share": "dropped_ratio",
    },
    ResponseTimes: {name: f"{name}_seconds" for name in ("average", "p50", "p90", "p95", "p99", "slowest")},
    Measure: {"volume": "volume_bytes", "times": "response_times"},
    Row: {"recent": "last_bucket"},
    Panel: {"slice_width": "trend_slice_seconds", "slice_elapsed": "trend_elapsed_seconds"},
    Chart: {
        "start": "start_timestamp_seconds",
        "width": "slice_seconds",
        "rates": "requests_per_second",
        "classes": "status_classes",
    },
    BandView: {name: f"{name}_requests_per_second" for name in ("expected", "low", "high")},
    SensorView: {"last_seen": "last_seen_timestamp_seconds", "skew": "skew_seconds"},
    FleetView: {"since": "since_timestamp_seconds"},
    FilterView: {
        "matched": "matched_exchanges",
        "looked_at": "looked_at_exchanges",
        "since": "since_timestamp_seconds",
    },
    HistoryView: {
        "yesterday": "yesterday_requests_per_second",
        "last_week": "last_week_requests_per_second",
        **{name: f"busiest_{name}" for name in ("hour", "day", "week", "month")},
    },
    PeriodView: {"start": "start_timestamp_seconds"},
    Block: {"since": "since_timestamp_seconds", "until": "until_timestamp_seconds"},
}
"""JSON names of fields whose own name lacks the unit, or is too short for a reader who does not know the program."""

_encode: Final = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def json_line(view: View, final: bool = False) -> str:
    """Write the View as one JSON object without a line end; `final` marks the last one of a run."""
    line = _encode({"schema": SCHEMA, "final": final, **json_of(view)})
    return line.replace("\x7f", "\\u007f")  # the one control character that JSON lets stand


def json_of(value: Any) -> Any:
    """Convert a part of the View to objects, lists, numbers, texts and null."""
    if is_dataclass(value):
        names = _NAMES.get(type(value), {})
        return {names.get(field.name, field.name): json_of(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return _named(value) if _is_named(value) else [json_of(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no such number
    return value


def _is_named(value: tuple[Any, ...]) -> bool:
    """Return whether a tuple is a name with a count, or with counts."""
    return len(value) == 2 and isinstance(value[0], str) and not isinstance(value[1], str)


def _named(value: tuple[Any, ...]) -> dict[str, Any]:
    name, counted = value
    return {"name": name, "counts" if isinstance(counted, tuple) else "count": json_of(counted)}
