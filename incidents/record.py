"""Writes and reads `incident.json`: what it takes to raise the alert of an incident again from its packets.

The file may come from anybody, so only what is known is taken from it, and checked.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from alerting.lesson import Amounts, Lesson, Lessons, Usual
from alerting.loading import available
from capture.errors import CaptureError
from capture.ports import Ports, parse_ports
from history.alerts import stored
from incidents.incident import PACKETS, RECORD, SUMMARY, Incident

VERSION: Final = 1
LONGEST: Final = 2**22
"""Maximum bytes of a record."""
LARGEST: Final = 1e15
"""Larger numbers are no times, and no baselines."""
_JUDGED: Final = (
    "average_bucket_size",
    "average_threshold",
    "dashboard_bucket_size",
    "max_changes_per_hour",
    "overload_share",
    "previous_buckets",
    "protocols",
    "signals",
)
_SIGNALS: Final = tuple(f"{signal}_" for signal in available())


def is_judged_by(name: str) -> bool:
    """Return whether a setting decides what alerts."""
    return name in _JUDGED or name.startswith(_SIGNALS)


class Told(NamedTuple):
    """An alert as it was told."""

    signal: str
    start: float
    explanation: str


class Recorded(NamedTuple):
    """An incident that was recorded before."""

    packets: Path
    source: str
    """What was monitored."""
    host: str
    ports: Ports
    only: str
    settings: Mapping[str, Any]
    """The settings by which alerts are judged."""
    bucket_size: float
    """Seconds of the bucket that alerted."""
    lessons: Lessons
    """What the signals had learned."""
    alerts: tuple[Told, ...]
    """At least one."""

    @property
    def summary(self) -> Path:
        """The file that tells the story."""
        return self.packets.with_name(SUMMARY)

    @property
    def opens(self) -> float:
        """Start of the bucket that alerted."""
        return self.alerts[0].start - self.bucket_size


def record(incident: Incident) -> str:
    """Return the text of the record."""
    run = incident.run
    return json.dumps(
        {
            "version": VERSION,
            "program": run.version,
            "host": run.host,
            "source": run.source,
            "ports": run.ports,
            "only": run.only,
            "bucket_size": incident.scene.bucket.seconds,
            "alerts": [json.loads(stored(alert).text) for alert in incident.alerts],
            "lessons": {signal: _written(lesson) for signal, lesson in incident.lessons.items()},
            "settings": dict(run.settings),
        },
        indent=1,
    )


def _written(lesson: Lesson) -> Mapping[str, Any]:
    usual = lesson.usual
    if usual is None:
        return {"baselines": lesson.baselines}
    counted = {name: {"total": each.total, "names": each.names} for name, each in usual.counted.items()}
    return {"baselines": lesson.baselines, "usual": {"seconds": usual.seconds, "counted": counted}}


def recorded(folder: Path) -> Recorded:
    """Read the record of a folder.

    Raises:
        CaptureError: it is not the folder of an incident, or another version wrote it.
    """
    path = folder / RECORD
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST + 1)
    except FileNotFoundError:
        raise CaptureError(f"cannot read {folder}: it is a directory without {RECORD}, not an incident") from None
    except OSError as reason:
        raise CaptureError(f"cannot read {path}: {reason.strerror}") from reason
    try:
        return _read(folder, json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as reason:
        raise CaptureError(f"{path} is damaged, or of another version; read {folder / PACKETS} instead") from reason


def _read(folder: Path, found: Mapping[str, Any]) -> Recorded:
    if found["version"] != VERSION or not found["alerts"]:
        raise ValueError
    return Recorded(
        packets=folder / PACKETS,
        source=_text(found["source"]),
        host=_text(found["host"]),
        ports=parse_ports(_text(found["ports"])),
        only=_text(found["only"]),
        settings=dict(_settings(found["settings"])),
        bucket_size=_number(found["bucket_size"]),
        lessons={_text(signal): _lesson(each) for signal, each in found["lessons"].items()},
        alerts=tuple(
            Told(_text(each["signal"]), _number(each["start"]), _text(each["explanation"])) for each in found["alerts"]
        ),
    )


def _lesson(found: Mapping[str, Any]) -> Lesson:
    baselines = {_text(subject): _number(value) for subject, value in found["baselines"].items()}
    if "usual" not in found:
        return Lesson(baselines)
    counted = {_text(name): _amounts(each) for name, each in found["usual"]["counted"].items()}
    return Lesson(baselines, Usual(_number(found["usual"]["seconds"]) or 1.0, counted))


def _amounts(found: Mapping[str, Any]) -> Amounts:
    names = {_text(name): int(_number(amount)) for name, amount in found["names"].items()}
    return Amounts(int(_number(found["total"])), names)


def _settings(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in found.items():
        if is_judged_by(name):
            yield name, tuple(value) if isinstance(value, list) else value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Any) -> float:
    number = float(value)
    if not 0 <= number < LARGEST:
        raise ValueError
    return number
