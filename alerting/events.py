"""What a monitor decided. Whoever gets an event acts on it: shows it, logs it, sends it.

`time` is the end of the bucket (or of the learning) that was judged, in seconds since the epoch.
"""

from dataclasses import dataclass
from typing import Final

from alerting.alert import Alert

REQUEST_RATE: Final = "request_rate"
"""The signal that is always on."""


@dataclass(frozen=True)
class Learned:
    """Learning is over."""

    time: float
    baseline: float
    """In the unit of the signal; above 0 for the request rate, there per bucket."""
    signal: str = REQUEST_RATE


@dataclass(frozen=True)
class LearningRestarted:
    """Nothing was counted, so learning starts again; said once for a row of empty ones that time jumped over."""

    time: float
    signal: str = REQUEST_RATE


@dataclass(frozen=True)
class AlertRaised:
    """A bucket exceeded the limit, and the one before did not."""

    time: float
    alert: Alert


@dataclass(frozen=True)
class AlertContinued:
    """Another bucket exceeded the limit. Not told of each of many empty ones that time jumped over."""

    time: float
    alert: Alert


@dataclass(frozen=True)
class AlertDismissed:
    """A bucket was within the limit, and the one before was not."""

    time: float
    alert: Alert


@dataclass(frozen=True)
class Flapping:
    """A signal changed its state too often. Said once; until it is calm its alerts are in the history only."""

    time: float
    signal: str
    changes: int
    """Of its state, within the last hour."""
    alert: Alert
    """The latest one, which may be over."""


@dataclass(frozen=True)
class FlappingEnded:
    """A signal that was flapping is calm again, and what it does is told again."""

    time: float
    signal: str
    alert: Alert
    """The latest one: active if it has no end. What was told of the signal before may be out of date."""


Event = Learned | LearningRestarted | AlertRaised | AlertContinued | AlertDismissed | Flapping | FlappingEnded
