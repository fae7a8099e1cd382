"""An alert: its facts, and the line that explains it."""

from dataclasses import dataclass
from enum import Enum


class SignalUnit(Enum):
    """Unit of a signal's values."""

    HITS = "hits"
    """Requests per bucket."""
    REQUESTS = "requests/s"
    FINDINGS = "findings"
    """Findings of the detectors per bucket."""
    CONNECTIONS = "connections/s"
    BYTES = "bytes/s"
    SECONDS = "s"
    PERCENT = "%"
    """Percentage of requests or responses, from 0 to 100."""


@dataclass(frozen=True)
class Contributor:
    """A main contributor to an alert, in the bucket that raised it."""

    kind: str
    """One of `client`, `network`, `section`, `server`, `user agent`, `status`, `ending` and `finding`, for example."""
    name: str
    """The status of a failed gRPC call is `gRPC` with its code and name: `gRPC 14 UNAVAILABLE`."""
    count: int
    """Its part of what the signal counts: requests, responses, connections or bytes."""
    share: float
    """Its share of all that the signal counted in that bucket, from 0 to 1."""
    new: bool = False
    """Whether there was next to nothing of it before."""


@dataclass(frozen=True)
class Alert:
    """Consecutive buckets beyond a limit. Times are in seconds since the epoch, values in `unit`."""

    signal: str
    """Name of the signal, as in `Config.signals`."""
    start: float
    """End of the first bucket beyond the limit, when it was judged."""
    end: float | None
    """End of the first bucket within the limit again; None while the alert is active."""
    value: float
    """Value of the bucket that raised the alert."""
    peak: float
    """The value furthest beyond the limit: the highest, or the lowest if low values alert."""
    baseline: float
    """The baseline it was judged against, learned or taken from the previous buckets."""
    threshold: float
    """The threshold it was judged by, in percent of the baseline or in percentage points."""
    limit: float
    """The limit that follows from baseline and threshold."""
    unit: SignalUnit
    previous: bool = False
    """Whether the baseline is that of the previous buckets, not the learned one."""
    subject: str = ""
    """The server, for a signal that judges each server; empty for a signal that judges the whole traffic."""
    contributors: tuple[Contributor, ...] = ()
    """Largest first."""
    explanation: str = ""
    """One line: what happened, when, against which baseline, and who contributed most. The same in every output."""
    acknowledged: bool = False
    """Whether the user has seen it. Like `muted`, this is forgotten at the end of the run."""
    muted: bool = False
    """Whether its signal was muted when it was raised, so that nobody is notified of it."""
    dropped_share: float = 0.0
    """Share of the traffic of the bucket that raised it that was dropped, from 0 to 1, if `value` is too low for that
    reason; else 0.
    """
    sensor: str = ""
    """Sensor that raised it, or that is silent; empty for an alert of what this program counts itself."""
    seasonal: bool = False
    """Whether the baseline is what is usual at that hour of the week."""
    seconds: float = 0.0
    """Time of which the value is the mean, if that is longer than a bucket; else 0."""
    since: float | None = None
    """Start of the first bucket after the change that led to it; None if it is unknown."""
    before: float | None = None
    """Mean value before that change; None if it is unknown."""
    after: float | None = None
    """Mean value since that change; None if it is unknown."""
    stepped: bool = False
    """Whether the value changed at once; otherwise slowly."""
    incident: str = ""
    """Folder with the packets and other evidence of it; empty if none is kept."""

    def duration(self, now: float) -> float:
        """Return the duration in seconds; up to `now` while the alert is active."""
        return max(0.0, (now if self.end is None else self.end) - self.start)
