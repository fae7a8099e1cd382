"""An alert: the facts of it, and the one line that explains it."""

from dataclasses import dataclass
from enum import Enum


class Unit(Enum):
    """What the numbers of a signal count."""

    HITS = "hits"
    """Requests per bucket."""
    REQUESTS = "requests/s"
    CONNECTIONS = "connections/s"
    BYTES = "bytes/s"
    SECONDS = "s"
    PERCENT = "%"
    """A share of requests or responses, from 0 to 100."""


@dataclass(frozen=True)
class Contributor:
    """One that had the largest part in what an alert is about, in the bucket that raised it."""

    kind: str
    """`client`, `section`, `server`, `status` or `ending`."""
    name: str
    count: int
    """Of what the signal counts: requests, responses, connections or bytes."""
    share: float
    """Of all that the signal counted in that bucket, from 0 to 1."""


@dataclass(frozen=True)
class Alert:
    """Consecutive buckets on the wrong side of a limit. Times are seconds since the epoch, values are in `unit`."""

    signal: str
    """Name of the signal, as in `Config.signals`."""
    start: float
    """The moment of judgement: the end of the first bucket that exceeded."""
    end: float | None
    """The end of the first bucket that was within again; None while the alert is active."""
    value: float
    """Of the bucket that raised it."""
    peak: float
    """The value furthest on the wrong side: the highest, or the lowest where low values alert."""
    baseline: float
    """By which it was judged: as learned, or as the previous buckets have it."""
    threshold: float
    """By which it was judged: percent of the baseline, or percentage points beside it, as the signal has it."""
    limit: float
    """What baseline and threshold come to; on its wrong side the alert began."""
    unit: Unit
    previous: bool = False
    """Whether the baseline was that of the previous buckets, not the learned one."""
    subject: str = ""
    """Which one it is about, where a signal judges several: the server. Empty where it judges the whole traffic."""
    contributors: tuple[Contributor, ...] = ()
    """The largest first."""
    explanation: str = ""
    """One line: what happened, when, against which baseline, and who contributed most. The same on every output."""

    def duration(self, now: float) -> float:
        """How long it lasted; up to `now` while it is active. In seconds."""
        return max(0.0, (now if self.end is None else self.end) - self.start)
