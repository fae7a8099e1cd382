"""The View: one immutable value that holds all that a screen shows. Screens are functions of it and ask nothing else.

Times are seconds since the epoch, durations seconds, rates per second.
"""

from dataclasses import dataclass, field

from stats.statistic import Unit


@dataclass(frozen=True)
class LearningView:
    """Progress of learning."""

    count: int
    """Requests so far."""
    elapsed: float
    duration: float
    rate: float
    """Estimated requests per second so far."""


@dataclass(frozen=True)
class EnforcingView:
    """What is enforced, and how the bucket under way stands against it."""

    baseline: int
    """Requests per bucket that were learned."""
    bucket_size: float
    threshold: float
    """Percent above the baseline."""
    limit: float
    """Requests per bucket above which an alert is raised."""
    count: int
    """Requests in the bucket under way."""
    next_check: float
    """Seconds until the bucket under way is judged."""


@dataclass(frozen=True)
class AlertView:
    """One alert of the history; `end` is None while it is active."""

    hits: int
    """Requests in the bucket that raised it."""
    peak: int
    start: float
    end: float | None
    baseline: int
    threshold: float


@dataclass(frozen=True)
class HealthView:
    """What was seen and what was not."""

    packet_rate: float
    """Frames per second since the last view."""
    frames: int
    requests: int
    """Requests decoded since the start."""
    dropped: int
    """Frames that the kernel dropped."""
    queue_lost: int
    """Records lost because the queue to the main thread was full."""
    gaps: int
    missing_bytes: int
    unpaired_responses: int
    unanswered_requests: int
    evicted: int
    connections: int
    unreadable: tuple[tuple[str, int], ...] = ()
    """Kind of connection that cannot be read, and how many."""
    server_names: tuple[tuple[str, int], ...] = ()
    """Name of a server that was asked for over TLS, and in how many connections; most frequent first."""
    oddities: tuple[tuple[str, int], ...] = ()
    """Name of an oddity, and how often; most frequent first."""
    notices: tuple[str, ...] = ()
    """Sentences that need the user's eye: an interface that is down, a plug-in that was switched off."""


@dataclass(frozen=True)
class Row:
    """One key of a top list, with its count and total in the last bucket and in the retention window."""

    key: str
    recent_count: int
    recent_total: float
    count: int
    total: float


@dataclass(frozen=True)
class Panel:
    """The top list of one statistic, ranked; `other` holds all that is not among the rows."""

    name: str
    title: str
    unit: Unit
    rows: tuple[Row, ...]
    other: Row


@dataclass(frozen=True)
class View:
    """All that a screen shows at one moment."""

    now: float
    started: float
    source: str
    """What is watched, as `eth0 port 80`."""
    state: str
    """`LEARNING`, `NORMAL`, `ALERT` or `DISMISSED`."""
    learning: LearningView | None
    """None once the baseline is learned."""
    enforcing: EnforcingView | None
    """None while learning."""
    health: HealthView
    alerts: tuple[AlertView, ...]
    """Alerts of the last 24 h, latest first; the active one, if any, is the first."""
    longest_alert: float | None
    average_alert: float | None
    dismissed_at: float | None
    """When the last alert was dismissed, while the state is DISMISSED."""
    request_rate: tuple[float, ...] | None
    """Requests per second of the latest closed buckets, oldest first; None when no statistic counts them."""
    peak_rate: float
    """The highest of all buckets in the retention window, per second."""
    requests: int
    """Requests in the retention window."""
    bucket_size: float
    retention: float
    panels: tuple[Panel, ...] = field(default=())
