"""Exports metrics to an OpenTelemetry collector: it counts records in a store of its own, and sends their sums.

Time is packet time. Sums are cumulative since the start, or deltas since the export before. If the sender's queue is
full, nothing is exported, and the next export covers a longer time; so no sum is lost, and memory is bounded.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from alerting.events import AlertRaised, Event
from outputs.otlp.series import Series
from outputs.otlp.snapshot import Counters, Snapshot, counters, gauges, since
from outputs.otlp.statistics import MetricStatistic
from store.store import Store
from store.sums import ClosedBucket
from traffic.batch import Batch
from view.outlet import Outlet
from view.view import View

LATE: Final = 120.0
"""Seconds that a record may be late; older ones do not count, and a metric says how many they are."""
STORE_BYTES: Final = 16 * 2**20
"""Maximum bytes of closed buckets in its store, which needs none of them."""
STEP: Final = 0.001
"""Least seconds from one export to the next: points of the same time would be one."""


class Sends(Protocol):
    """Where snapshots go."""

    def start(self) -> None:
        """Start to send."""

    def wait_for_room(self) -> bool:
        """Return whether a snapshot can be queued."""

    def put(self, snapshot: Snapshot) -> None:
        """Queue a snapshot."""

    def close(self, seconds: float) -> None:
        """Send what is queued for at most `seconds`."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the user."""


@dataclass(frozen=True)
class Terms:
    """How to export."""

    bucket_size: float
    """Seconds of the store's buckets."""
    interval: float
    """Seconds between exports."""
    delta: bool
    max_series: int
    """Series of a metric."""
    flush_time: float
    """Seconds to deliver the last export."""


class OtlpExporter(Outlet):
    """Counts records, and hands snapshots to the sender. It is an outlet, a taker and a recorder of the session."""

    def __init__(self, statistics: Sequence[MetricStatistic], terms: Terms, sender: Sends) -> None:
        self._terms = terms
        self._sender = sender
        retention = max(terms.bucket_size, LATE)
        self._store = Store(statistics, terms.bucket_size, retention, terms.max_series // 2, (), STORE_BYTES)
        self._store.on_close(self._count)
        self._series = {each.name: Series(terms.max_series) for each in statistics}
        self._alerts: Counter[str] = Counter()
        self._before: Counters = {}
        self._view: View | None = None
        self._now = 0.0
        self._start = 0.0
        self._exported = 0.0
        self._due = 0.0
        self._unsent = 0.0

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what the collector did not get."""
        lost = f"otlp: the last {self._unsent:,.0f} s were not exported: the queue was full"
        return (*self._sender.warnings, *([lost] if self._unsent else []))

    def start(self) -> None:
        """Start to send, after the rights were dropped."""
        self._sender.start()

    def begin(self, now: float) -> None:
        """Count from `now` on. If nobody watched before, because the clock jumped, no delta covers that time."""
        if not self._now:
            self._start = self._exported = now
        elif self._terms.delta and self._view is not None:
            self._store.advance(now)
            if self._export(self._view, self._edge(self._now)):
                self._start = now
        self._exported = max(self._exported, self._start)
        self._now = now
        self._due = self._next(now)

    def add(self, bucket: ClosedBucket) -> None:
        """Ignore the sums of the session: they have no attributes."""

    def advance(self, now: float) -> None:
        """Close the buckets that ended before `now`."""
        self._now = now
        self._store.advance(now)

    @property
    def watches(self) -> bool:  # type: ignore[override]  # for others it never changes
        """Whether it is time to export, which needs a View."""
        return self._edge(self._now) >= self._due

    def take(self, batch: Batch) -> None:
        """Count the records of a batch."""
        self._store.add(batch)

    def event(self, event: Event) -> None:
        """Count raised alerts."""
        if isinstance(event, AlertRaised):
            self._alerts[event.alert.signal] += 1

    def show(self, view: View, refreshed: bool) -> None:
        """Export, if it is time to."""
        self._view = view
        if self.watches and self._export(view, self._edge(self._now)):
            self._due = self._next(self._now)

    def finish(self, view: View) -> None:
        """Export everything that was counted, even in the current bucket."""
        self._store.advance(view.now + self._terms.bucket_size)
        self._unsent = 0.0 if self._export(view, view.now) else view.now - self._exported

    def close(self) -> None:
        """Deliver what is queued, for a limited time."""
        self._sender.close(self._terms.flush_time)

    def _count(self, bucket: ClosedBucket) -> None:
        for counted in bucket.statistics:
            self._series[counted.name].add(counted)

    def _edge(self, now: float) -> float:
        """Return the end of the last closed bucket."""
        return now // self._terms.bucket_size * self._terms.bucket_size

    def _next(self, now: float) -> float:
        return (now // self._terms.interval + 1) * self._terms.interval

    def _export(self, view: View, time: float) -> bool:
        """Queue a snapshot; return False if there is no room."""
        if not self._sender.wait_for_room():
            return False
        time = max(time, self._exported + STEP)
        known = counters(view, self._alerts, self._store.late)
        sums = {name: series.sums() for name, series in self._series.items()}
        told = since(self._before, known) if self._terms.delta else known
        self._sender.put(Snapshot(self._start, time, self._terms.delta, sums, told, gauges(view)))
        self._exported = time
        if self._terms.delta:
            self._start, self._before = time, known
            for series in self._series.values():
                series.clear()
        return True
