"""What a monitor decided. The receiver of an event acts on it: shows, logs or sends it.

`time` is the end of the bucket (or of the learning phase) that was judged, in seconds since the epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alerting.alert import Alert
from alerting.terms import BaselineKind

REQUEST_RATE: Final = "request_rate"
"""The signal that is always on."""


@dataclass(frozen=True)
class Learned:
    """The learning phase ended."""

    time: float
    baseline: float
    """In the signal's unit; for the request rate above 0, and per bucket."""
    signal: str = REQUEST_RATE


@dataclass(frozen=True)
class LearningRestarted:
    """Nothing was counted, so learning restarts. Reported once if time jumped over several empty phases."""

    time: float
    signal: str = REQUEST_RATE


@dataclass(frozen=True)
class AlertRaised:
    """A bucket exceeded the limit, and the one before did not."""

    time: float
    alert: Alert


@dataclass(frozen=True)
class AlertContinued:
    """Another bucket exceeded the limit. Not reported for each empty bucket that time jumped over."""

    time: float
    alert: Alert


@dataclass(frozen=True)
class AlertDismissed:
    """A bucket was within the limit, and the one before was not."""

    time: float
    alert: Alert


@dataclass(frozen=True)
class Flapping:
    """A signal changed its state too often. Reported once; until it calms down, its alerts are only in the history."""

    time: float
    signal: str
    changes: int
    """Changes of state within the last hour."""
    alert: Alert
    """The latest alert, which may be over."""


@dataclass(frozen=True)
class FlappingEnded:
    """A flapping signal calmed down; its alerts are reported again."""

    time: float
    signal: str
    alert: Alert
    """The latest alert, active if it has no end. Earlier reports of the signal may be out of date."""


@dataclass(frozen=True)
class Accepted:
    """The user took the present level of a signal as usual."""

    time: float
    signal: str
    values: Mapping[str, float]
    """The accepted values by subject, in the signal's unit."""


@dataclass(frozen=True)
class Acknowledged:
    """The user has seen an active alert."""

    time: float
    signal: str
    alert: Alert


@dataclass(frozen=True)
class Relearning:
    """The user let a signal learn again."""

    time: float
    signal: str


@dataclass(frozen=True)
class Muted:
    """A signal was muted, or that ended."""

    time: float
    signal: str
    until: float
    """When it ends by itself; `math.inf` if it does not. Not after `time` if it has ended."""


@dataclass(frozen=True)
class BaselineChosen:
    """The user chose what a signal is compared with; it is learned anew."""

    time: float
    signal: str
    kind: BaselineKind


Decision = Accepted | Acknowledged | Relearning | Muted | BaselineChosen
"""What the user decided, or the end of it."""
Event = (
    Learned
    | LearningRestarted
    | AlertRaised
    | AlertContinued
    | AlertDismissed
    | Flapping
    | FlappingEnded
    | Accepted
    | Acknowledged
    | Relearning
    | Muted
    | BaselineChosen
)
