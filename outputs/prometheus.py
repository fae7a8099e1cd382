"""Exports metrics for Prometheus: it takes records and Views, and serves them from its own thread.

The main thread counts and publishes an immutable snapshot; a scrape in the server's thread reads nothing else.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app
from prometheus_client.core import Metric

from alerting.events import AlertRaised, Event
from outputs.address import Address
from outputs.metric_families import Snapshot, families
from outputs.metrics_server import MetricsServer
from outputs.traffic_counts import TrafficCounts
from traffic.batch import Batch
from view.outlet import Outlet
from view.view import View

PUBLISH: Final = 1.0
"""Seconds between snapshots while records arrive, because a file is read in many small batches."""


class PrometheusExporter(Outlet):
    """Counts records, keeps the latest View, and serves both."""

    watches = True

    def __init__(
        self,
        address: Address,
        max_hosts: int,
        version: str,
        decoder: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Listen on `address`. No request gets a response before `start`.

        Raises:
            UnavailableError: the address is not available.
        """
        self._counts = TrafficCounts(max_hosts)
        self._clock = clock
        self._due = 0.0
        self._published = _Published(Snapshot(version, decoder))
        registry = CollectorRegistry()
        registry.register(self._published)
        ProcessCollector(registry=registry)
        self._server = MetricsServer(address, make_wsgi_app(registry))
        self.address = self._server.address

    def start(self) -> None:
        """Begin to respond."""
        self._server.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def take(self, batch: Batch) -> None:
        """Count the records of a batch."""
        self._counts.add(batch.records())
        if self._clock() >= self._due:
            self._publish()

    def show(self, view: View, refreshed: bool) -> None:
        """Publish this View."""
        self._publish(view=view)

    def event(self, event: Event) -> None:
        """Count raised alerts."""
        if isinstance(event, AlertRaised):
            counted, signal = self._published.snapshot.alerts, event.alert.signal
            self._publish(alerts={**counted, signal: counted.get(signal, 0) + 1})

    def finish(self, view: View) -> None:
        """Publish the last View."""
        self._publish(view=view)

    def _publish(self, **changes: Any) -> None:
        self._published.snapshot = self._published.snapshot._replace(totals=self._counts.totals(), **changes)
        self._due = self._clock() + PUBLISH


class _Published:
    """Hands the snapshot from the main thread to the server's thread."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def collect(self) -> Iterable[Metric]:
        """Return the metrics of a scrape."""
        return families(self.snapshot)
