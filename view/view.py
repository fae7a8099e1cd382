"""The View: one immutable value that holds all that a screen shows. Screens are functions of it and ask nothing else.

Times are seconds since the epoch, durations seconds, rates per second.
"""

from dataclasses import dataclass, field

from alerting.alert import Contributor, Unit
from alerting.events import REQUEST_RATE
from stats import statistic


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

    baseline: float
    """Requests per bucket that were learned, or the median of the previous buckets."""
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
    """One alert of the history; `end` is None while it is active. Values are in `unit`."""

    value: float
    """Of the bucket that raised it: requests, where the signal is the request rate."""
    peak: float
    """The value furthest on the wrong side of the limit."""
    start: float
    end: float | None
    baseline: float
    threshold: float
    limit: float
    signal: str = REQUEST_RATE
    title: str = "Request rate"
    """Of the signal."""
    unit: Unit = Unit.HITS
    subject: str = ""
    """Which server it is about, where the signal judges each; else empty."""
    contributors: tuple[Contributor, ...] = ()
    explanation: str = ""
    """One line: what happened, when, against which baseline, and who contributed most."""


@dataclass(frozen=True)
class SignalView:
    """One signal that is on, and how it stands. Values are in `unit`, and None where there are none yet."""

    name: str
    title: str
    unit: Unit
    state: str
    """`LEARNING`, `NORMAL`, `ALERT` or `DISMISSED`."""
    baseline: float | None
    """As learned, or as the previous buckets have it."""
    limit: float | None
    """Beyond which an alert is raised: above it, or below it where `low`."""
    value: float | None
    """Of the last bucket that was judged."""
    threshold: float
    """Percent of the baseline, or percentage points beside it where `points`."""
    floor: float
    """Of traffic in a bucket, in requests or responses; below it the signal is silent."""
    silent: bool
    """Whether the last bucket was below the floor."""
    flapping: bool = False
    """Whether it changes so often that its alerts are not told."""
    low: bool = False
    points: bool = False
    previous: bool = False
    """Whether it is judged against the previous buckets."""
    subject: str = ""
    """The server that `value`, `baseline` and `limit` are of, where the signal judges each."""
    alerts: int = 0
    """In the history."""
    longest_alert: float | None = None
    average_alert: float | None = None


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
    warnings: tuple[str, ...] = ()
    """Sentences that need the user's eye: an interface that is down, a plug-in that was switched off."""


@dataclass(frozen=True)
class Times:
    """How long responses took, in seconds; percentiles are within 1 %."""

    average: float
    p50: float
    p90: float
    p95: float
    p99: float
    slowest: float


@dataclass(frozen=True)
class Measure:
    """What one key, or all of them, came to in a window."""

    count: int
    total: float
    """In the unit of the panel: bytes or seconds; the count again where hits are counted."""
    volume: int = 0
    """Body bytes of the responses; in a panel of bytes, the total again."""
    times: Times | None = None
    """None where no response time is known."""


@dataclass(frozen=True)
class Row:
    """One key of a top list, in the last bucket and in the window."""

    key: str
    recent: Measure
    window: Measure
    trend: tuple[int, ...] = ()
    """Hits in each of the latest slices, oldest first. They begin at multiples of their length, and the last is under
    way."""


@dataclass(frozen=True)
class Panel:
    """The top list of one statistic, ranked; `other` holds all that is not among the rows."""

    name: str
    title: str
    unit: statistic.Unit
    rows: tuple[Row, ...]
    other: Row
    whole: Measure
    """All keys in the window, for shares."""
    slice_width: float = 0.0
    """Seconds of a slice of the trends: a twelfth of the window, or of a shorter one as long as these are too few to
    tell anything; where the window is the last bucket, a bucket."""
    slice_elapsed: float = 0.0
    """Seconds of the last slice that are over."""


@dataclass(frozen=True)
class Chart:
    """The window in at most 240 slices, oldest first; the last one is under way until the window's end."""

    start: float
    """Of the first slice."""
    width: float
    """Seconds of a slice."""
    rates: tuple[float, ...]
    """Requests per second."""
    classes: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Class of status, as `2xx`, and the exchanges that had it in each slice; without classes that never came."""


@dataclass(frozen=True)
class FilterView:
    """Which exchanges all numbers are about, if not about all."""

    text: str
    matched: int
    """Exchanges that the filter lets pass."""
    looked_at: int
    """Of so many."""
    since: float
    """How far back exchanges were kept to look at."""


@dataclass(frozen=True)
class PeriodView:
    """An hour, a day, a week or a month of the past, by the clock on the wall."""

    start: float
    requests: int


@dataclass(frozen=True)
class HistoryView:
    """What the history on disk says of now: the same time before, and the busiest times of all that it holds."""

    yesterday: float | None
    """Requests per second at this time yesterday, of ten minutes; None where none were recorded."""
    last_week: float | None
    """The same a week ago, of the whole hour where minutes are not kept for so long."""
    hour: PeriodView | None
    """The busiest; None as long as the history is shorter than that."""
    day: PeriodView | None
    week: PeriodView | None
    """Monday to Sunday (ISO 8601)."""
    month: PeriodView | None


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
    """Of all signals: the active ones in the order of the signals, then those that ended, latest first."""
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
    window: float
    """Seconds that panels, chart and `whole` cover, back from `now`."""
    panels: tuple[Panel, ...] = field(default=())
    signals: tuple[SignalView, ...] = ()
    """Those that are on, the request rate first."""
    chart: Chart | None = None
    """None when no statistic counts requests."""
    whole: Measure = Measure(0, 0)
    """All exchanges in the window."""
    filter: FilterView | None = None
    history: HistoryView | None = None
    """None without a history, and where a filter is on."""
