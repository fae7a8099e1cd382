"""What is known about an incident. Times are in seconds since the epoch, in packet time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Final

from alerting.alert import Alert
from alerting.lesson import Lessons
from incidents.comparison import Span
from traffic.records import Exchange
from view.exchange_line import Discretion
from view.view import AlertView, View

PACKETS: Final = "packets.pcapng"
EXCHANGES: Final = "exchanges.jsonl"
PAGE: Final = "view.html"
JSON: Final = "view.json"
SUMMARY: Final = "summary.md"
RECORD: Final = "incident.json"
_NAMES: Final = (PACKETS, EXCHANGES, PAGE, JSON, SUMMARY, RECORD)
FILES: Final = frozenset((*_NAMES, *(f".{name}" for name in _NAMES)))
"""The files of a folder, and those that are still being written."""


@dataclass(frozen=True)
class Run:
    """What is the same for all incidents of a run."""

    host: str
    """Name of the machine."""
    program: str
    """Name under which the program was called."""
    version: str
    source: str
    """Interface or file, with the ports, as `eth0 port 80`."""
    ports: str
    only: str
    """The filter for exchanges; empty for none."""
    settings: Mapping[str, Any]
    """The settings by which alerts are judged."""
    discretion: Discretion
    embeds_keys: bool = False
    """Whether the packets have the keys of their TLS connections."""
    zone: tzinfo | None = None
    """None is local time."""


@dataclass(frozen=True)
class Scene:
    """How things stood when the alert was raised."""

    view: View
    """The hour up to the alert."""
    bucket: Span
    """The bucket that alerted."""
    before: Span | None
    """The hour before that bucket; None if nothing was watched before."""
    slowest: tuple[Exchange, ...]
    """The exchanges of the bucket with the longest response times, as far as they are known one by one."""
    clients: tuple[Exchange, ...] = ()
    """Exchanges of the bucket, if no statistic counts clients."""


@dataclass(frozen=True)
class Incident:
    """One incident: an alert, and those that were raised soon after it."""

    run: Run
    folder: str
    alerts: tuple[Alert, ...]
    """The first one names the incident."""
    shown: tuple[AlertView, ...]
    """The same alerts, with their titles."""
    scene: Scene
    lessons: Lessons = field(default_factory=dict)
    """What the signals had learned."""
    since: float = 0.0
    """Time from which packets and exchanges were to be kept."""
    until: float = 0.0
    """Time up to which they were to be kept."""

    @property
    def start(self) -> float:
        """When the first alert was raised."""
        return self.alerts[0].start


@dataclass(frozen=True)
class Contents:
    """What was written to the files so far."""

    packets: int = 0
    bytes: int = 0
    """Bytes of the packets."""
    first: float = 0.0
    last: float = 0.0
    whole_since: float = 0.0
    """Time after which no packet is missing for lack of room."""
    packets_left_out: int = 0
    """Packets after the alert for which there was no room."""
    exchanges: int = 0
    exchanges_since: float | None = None
    """End of the oldest exchange that was still known; None if none was forgotten."""
    exchanges_left_out: int = 0
    """Exchanges after the alert that were forgotten before they were written."""
    has_page: bool = True
    failure: str = ""
    """Why writing failed; empty if it did not."""
    is_complete: bool = False
    """Whether what came after the alert is there too."""
