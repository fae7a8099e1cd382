"""The View: one immutable value with everything that a screen shows. Screens are functions of it and ask nothing else.

Times are seconds since the epoch, durations are seconds, rates are per second.
"""

from dataclasses import dataclass, field

from alerting.alert import Contributor, SignalUnit
from alerting.events import REQUEST_RATE
from alerting.terms import BaselineKind
from view.blocks import BlocksView
from view.panel import NOTHING, Chart, Measure, Panel
from view.proxied import ProxyView
from view.sensors import FleetView


@dataclass(frozen=True)
class LearningView:
    """Holds the progress of learning."""

    count: int
    """Requests so far."""
    elapsed: float
    duration: float
    rate: float
    """Estimated requests per second so far."""
    silence: float = 0.0
    """Seconds without a request before, after which learning restarted."""


@dataclass(frozen=True)
class EnforcingView:
    """Holds the baseline and the limit, and how the current bucket compares."""

    baseline: float
    """Requests per bucket that were learned, or the median of the previous buckets."""
    bucket_size: float
    threshold: float
    """Percent above the baseline."""
    limit: float | None
    """Requests per bucket above which an alert is raised; None while too little is known of the hour."""
    count: int
    """Requests in the current bucket."""
    next_check: float
    """Seconds until the current bucket is judged."""


@dataclass(frozen=True)
class AlertView:
    """Holds one alert of the history; `end` is None while it is active. Values are in `unit`."""

    value: float
    """Value of the bucket that raised the alert; requests for the request rate."""
    peak: float
    """The value furthest beyond the limit."""
    start: float
    end: float | None
    baseline: float
    threshold: float
    limit: float
    signal: str = REQUEST_RATE
    title: str = "Request rate"
    """Title of the signal."""
    unit: SignalUnit = SignalUnit.HITS
    subject: str = ""
    """Server that the alert is about, if the signal judges each server; else empty."""
    contributors: tuple[Contributor, ...] = ()
    explanation: str = ""
    """One line: what happened, when, against which baseline, and who contributed most."""
    quiet: str = ""
    """`acknowledged` or `muted` if the user silenced it; else empty."""
    dropped_share: float = 0.0
    """Share of the traffic that was dropped, from 0 to 1, if `value` is too low for that reason; else 0."""
    incident: str = ""
    """Folder with the packets and other evidence of it; empty if none is kept."""
    quiet_until: float | None = None
    """When its signal is no longer muted; None if it is not, or until that is ended."""
    sensor: str = ""
    """Sensor that raised it, or that is silent; empty for an alert of all that is shown."""
    since: float | None = None
    """When the value changed, if it was judged by a season; None if that is unknown."""
    before: float | None = None
    after: float | None = None
    """Mean values before and after that change."""
    stepped: bool = False
    """Whether it changed at once."""
    bucket_size: float = 0.0
    """Seconds of a bucket. `start` and `end` are the ends of buckets, when they were judged."""

    @property
    def about(self) -> str:
        """What is acknowledged and muted together: the signal, of one sensor if it has one."""
        return about(self.signal, self.sensor)

    def beyond(self, now: float) -> tuple[float, float]:
        """Return start and end of the buckets that were beyond the limit; an active alert lasts until `now`."""
        start = self.start - self.bucket_size
        return start, now if self.end is None else max(start, self.end - self.bucket_size)


def about(signal: str, sensor: str) -> str:
    """Return what the alerts of a signal are acknowledged and muted by; the names of sensors contain no @."""
    return f"{signal}@{sensor}" if sensor else signal


@dataclass(frozen=True)
class SignalView:
    """Holds the status of one enabled signal. Values are in `unit`, and None as long as there are none."""

    name: str
    title: str
    unit: SignalUnit
    state: str
    """`LEARNING`, `NORMAL`, `ALERT` or `DISMISSED`."""
    baseline: float | None
    """Learned value, or the value of the previous buckets."""
    limit: float | None
    """An alert is raised above it, or below it if `low`."""
    value: float | None
    """Value of the last bucket that was judged."""
    threshold: float
    """Percent of the baseline, or percentage points if `points`."""
    floor: float
    """Least traffic in a bucket, in requests or responses; with less, the signal is silent."""
    silent: bool
    """Whether the last bucket was below the floor."""
    flapping: bool = False
    """Whether the signal changes so often that its alerts are muted."""
    muted: bool = False
    """Whether the user muted the signal."""
    muted_until: float | None = None
    """When that ends; None if it is not muted, or until that is ended."""
    low: bool = False
    points: bool = False
    previous: bool = False
    """Whether the signal compares with the previous buckets."""
    seasonal: bool = False
    """Whether it compares with what is usual at that hour of the week."""
    baseline_chosen: bool = False
    """Whether the user chose what it compares with, instead of what the setting says."""
    season_offer: str = ""
    """Why the user should choose a season, to stand behind the signal's name; empty if there is no reason to."""
    subject: str = ""
    """Server that `value`, `baseline` and `limit` belong to, if the signal judges each server."""
    alerts: int = 0
    """Alerts in the history."""
    longest_alert: float | None = None
    average_alert: float | None = None

    @property
    def baseline_kind(self) -> BaselineKind:
        """What the signal compares with."""
        return "seasonal" if self.seasonal else "previous" if self.previous else "fixed"


@dataclass(frozen=True)
class HealthView:
    """Holds what was captured, and what was missed."""

    packet_rate: float
    """Frames per second since the last View."""
    frames: int
    requests: int
    """Requests decoded since the start."""
    dropped: int
    """Frames dropped by the kernel."""
    queue_lost: int
    """Records lost because the queue to the main thread was full."""
    gaps: int
    missing_bytes: int
    unpaired_responses: int
    unanswered_requests: int
    evicted: int
    connections: int
    unreadable: tuple[tuple[str, int], ...] = ()
    """Connections that cannot be read, by kind."""
    server_names: tuple[tuple[str, int], ...] = ()
    """Server names requested over TLS, with their number of connections; most frequent first."""
    oddities: tuple[tuple[str, int], ...] = ()
    """Oddities by name, most frequent first."""
    secrets: tuple[tuple[str, int], ...] = ()
    """What became of the secrets of TLS connections and of what was to be decrypted with them, by name."""
    unnamed_requests: int = 0
    """Requests whose method, host or path could not be known."""
    unknown_owners: int = 0
    """Exchanges of this host whose process and container could not be known, while they are looked up."""
    unasked_owners: int = 0
    """Connections whose owners were not looked up, because there are too many new ones."""
    forgotten_owners: int = 0
    """Owners of connections that were forgotten because a limit was reached."""
    warnings: tuple[str, ...] = ()
    """Sentences that need the user's attention: an interface is down, a plug-in was disabled."""
    dropped_share: float = 0.0
    """Share of the traffic that was dropped in the last bucket, from 0 to 1, if figures are too low for that reason;
    else 0.
    """
    keys: int = 0
    """Keys of TLS connections that were read."""
    key_sources: tuple[str, ...] = ()
    """Where keys come from; empty if there are none, and nobody asked for any."""
    inspected: int = 0
    """Exchanges whose content was inspected."""
    uninspected: tuple[tuple[str, int], ...] = ()
    """Exchanges whose content should have been inspected, and was not, by reason."""


@dataclass(frozen=True)
class FilterView:
    """Says which exchanges all numbers are about, if a filter is set."""

    text: str
    matched: int
    """Exchanges that match the filter."""
    looked_at: int
    """Exchanges scanned."""
    since: float
    """Time of the oldest exchange that was still kept."""


@dataclass(frozen=True)
class PeriodView:
    """Holds an hour, a day, a week or a month of the past in local time."""

    start: float
    requests: int


@dataclass(frozen=True)
class HistoryView:
    """Holds what the history file knows: the same time before, and the busiest periods in it."""

    yesterday: float | None
    """Requests per second at this time yesterday, over ten minutes; None if none were recorded."""
    last_week: float | None
    """The same a week ago, over the whole hour if minutes are not kept that long."""
    hour: PeriodView | None
    """The busiest one; None while the history is shorter than this period."""
    day: PeriodView | None
    week: PeriodView | None
    """Monday to Sunday (ISO 8601)."""
    month: PeriodView | None


@dataclass(frozen=True)
class View:
    """Holds everything that a screen shows at one moment."""

    now: float
    started: float
    source: str
    """Interface or file, with the ports, as `eth0 port 80`."""
    state: str
    """The worst state of all signals: `LEARNING` (the request rate), `NORMAL`, `ALERT` or `DISMISSED`."""
    learning: LearningView | None
    """None once the baseline is learned."""
    enforcing: EnforcingView | None
    """None while learning."""
    health: HealthView
    alerts: tuple[AlertView, ...]
    """Alerts of all signals: the active ones in signal order, then those that ended, latest first."""
    longest_alert: float | None
    average_alert: float | None
    dismissed_at: float | None
    """When the last alert of the request rate was dismissed, while its state is DISMISSED."""
    request_rate: tuple[float | None, ...] | None
    """Requests per second of the latest closed buckets, oldest first; None in place of one that nobody watched, and
    None if no statistic counts them.
    """
    peak_rate: float
    """Highest rate of a bucket in the retention window, per second."""
    requests: int
    """Requests in the retention window."""
    bucket_size: float
    retention: float
    window: float
    """Seconds that panels, chart and `whole` cover, back from `now`."""
    panels: tuple[Panel, ...] = field(default=())
    signals: tuple[SignalView, ...] = ()
    """Enabled signals, the request rate first."""
    chart: Chart | None = None
    """None if no statistic counts requests."""
    whole: Measure = NOTHING
    """All exchanges in the window."""
    filter: FilterView | None = None
    history: HistoryView | None = None
    """None without a history, and while a filter is set."""
    history_since: float | None = None
    """Start of the counts of earlier runs that are included; None if there are none."""
    ended: bool = False
    """Whether a file was read to its end, so that nothing will change any more."""
    fleet: FleetView | None = None
    """The sensors, if the numbers are sums of what they sent; else None."""
    blocks: BlocksView | None = None
    """Whom a front refuses, if it is told of clients (`--block`); else None."""
    proxy: ProxyView | None = None
    """The proxy, if its own traffic is monitored; else None."""

    @property
    def shown(self) -> tuple[Panel, ...]:
        """The panels to draw."""
        return tuple(panel for panel in self.panels if panel.seen)
