"""What a monitor decided. Whoever gets an event acts on it: shows it, logs it, sends it.

`time` is the end of the bucket (or of the learning) that was judged, in seconds since the epoch.
"""

from dataclasses import dataclass

from alerting.history import Alert


@dataclass(frozen=True)
class Learned:
    """Learning is over."""

    time: float
    baseline: int
    """Per bucket; above 0."""


@dataclass(frozen=True)
class LearningRestarted:
    """Nothing was counted, so learning starts again; said once for a row of empty ones that time jumped over."""

    time: float


@dataclass(frozen=True)
class AlertRaised:
    """A bucket exceeded the limit, and the one before did not."""

    time: float
    alert: Alert


@dataclass(frozen=True)
class AlertContinued:
    """Another bucket exceeded the limit."""

    time: float
    alert: Alert


@dataclass(frozen=True)
class AlertDismissed:
    """A bucket was within the limit, and the one before was not."""

    time: float
    alert: Alert


Event = Learned | LearningRestarted | AlertRaised | AlertContinued | AlertDismissed
