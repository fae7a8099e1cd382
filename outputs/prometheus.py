"""Metrics for Prometheus: a taker of records and an outlet of Views, which a thread of its own tells to who asks.

The main thread counts, and puts an immutable snapshot where the server's thread finds it; a scrape touches nothing
else.
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
"""Seconds between snapshots while records come: a file is read in many small batches."""


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
        """Listen on `address`; `start` begins to answer.

        Raises:
            UnavailableError: it cannot be listened on.
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
        """Begin to answer."""
        self._server.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def take(self, batch: Batch) -> None:
        """Count its records."""
        self._counts.add(batch.records())
        if self._clock() >= self._due:
            self._publish()

    def show(self, view: View, refreshed: bool) -> None:
        """Tell this View from now on."""
        self._publish(view=view)

    def event(self, event: Event) -> None:
        """Count alerts."""
        if isinstance(event, AlertRaised):
            counted, signal = self._published.snapshot.alerts, event.alert.signal
            self._publish(alerts={**counted, signal: counted.get(signal, 0) + 1})

    def finish(self, view: View) -> None:
        """Tell the last View, as long as somebody asks."""
        self._publish(view=view)

    def _publish(self, **changes: Any) -> None:
        self._published.snapshot = self._published.snapshot._replace(totals=self._counts.totals(), **changes)
        self._due = self._clock() + PUBLISH


class _Published:
    """Where the server's thread finds what the main thread put there."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def collect(self) -> Iterable[Metric]:
        """What a scrape tells."""
        return families(self.snapshot)
