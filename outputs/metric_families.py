"""Turns totals and a View into Prometheus metrics, named by its conventions: base units, `_total` for counters.

`docs/output.md` lists them. Labels are bounded: a setting limits hosts, everything else is a fixed set.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import Final, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.utils import floatToGoString

from outputs.health_counts import COUNTS, LABELLED, values
from outputs.traffic_counts import BOUNDS, UNKNOWN, Times, Totals
from view.view import HealthView, SignalView, View

PREFIX: Final = "http_monitor_"
_EDGES: Final = (*map(floatToGoString, BOUNDS), "+Inf")
_STATES: Final = ("LEARNING", "NORMAL", "ALERT", "DISMISSED")


class Snapshot(NamedTuple):
    """Everything that a scrape returns; immutable."""

    version: str
    decoder: str
    """`compiled` or `plain Python`."""
    totals: Totals = Totals()
    view: View | None = None
    """None before the first refresh."""
    alerts: Mapping[str, int] = MappingProxyType({})
    """Alerts raised since the start, by signal."""


def families(snapshot: Snapshot) -> Iterator[Metric]:
    """Yield every metric."""
    yield _labelled(
        GaugeMetricFamily, "build_info", "Always 1; labels name version and decoder.", ("version", "decoder"),
        [((snapshot.version, snapshot.decoder), 1)],
    )  # fmt: skip
    yield from _traffic(snapshot.totals)
    if snapshot.view is not None:
        yield from _run(snapshot.view)
        yield from _alerting(snapshot.view.signals, snapshot.alerts)
        yield from _health(snapshot.view.health)


def _traffic(totals: Totals) -> Iterator[Metric]:
    names = ("host", "method", "status")
    cells = totals.amounts.items()
    yield _labelled(
        CounterMetricFamily, "requests", "Requests that got a response, or ended without one.", names,
        [(labels, amounts.requests) for labels, amounts in cells if labels.method != UNKNOWN],
    )  # fmt: skip
    yield _labelled(
        CounterMetricFamily, "request_body_bytes", "Body bytes of requests, before decompression.", names,
        [(labels, amounts.request_bytes) for labels, amounts in cells if labels.method != UNKNOWN],
    )  # fmt: skip
    yield _labelled(
        CounterMetricFamily, "response_body_bytes", "Body bytes of responses, before decompression.", names,
        [(labels, amounts.response_bytes) for labels, amounts in cells],
    )  # fmt: skip
    yield _labelled(
        CounterMetricFamily, "exchanges", "Exchanges, by protocol.", ("protocol",),
        [((protocol,), count) for protocol, count in totals.protocols.items()],
    )  # fmt: skip
    yield _labelled(
        CounterMetricFamily, "grpc_calls", "gRPC calls, by status code.", ("grpc_status",),
        [((code,), count) for code, count in totals.calls.items()],
    )  # fmt: skip
    times = HistogramMetricFamily(
        f"{PREFIX}response_time_seconds",
        "Time from the first byte of a request to the first byte of its response.",
        labels=("host",),
    )
    for host, counted in totals.times.items():
        times.add_metric((host,), _cumulated(counted), counted.seconds)
    yield times


def _cumulated(times: Times) -> list[tuple[str, float]]:
    return [(edge, float(count)) for edge, count in zip(_EDGES, accumulate(times.bins), strict=True)]


def _run(view: View) -> Iterator[Metric]:
    yield _gauge("started_timestamp_seconds", "Packet time when monitoring began.", view.started)
    yield _gauge("refreshed_timestamp_seconds", "Packet time up to which everything is counted.", view.now)


def _alerting(signals: Sequence[SignalView], alerts: Mapping[str, int]) -> Iterator[Metric]:
    yield _labelled(
        GaugeMetricFamily, "signal_state", "1 for the present state of a signal, 0 for the others.",
        ("signal", "state"),
        [((signal.name, state.lower()), signal.state == state) for signal in signals for state in _STATES],
    )  # fmt: skip
    yield _labelled(
        CounterMetricFamily, "alerts", "Alerts raised since the start.", ("signal",),
        [((signal.name,), alerts.get(signal.name, 0)) for signal in signals],
    )  # fmt: skip
    texts = {
        "value": "Value of the last judged bucket, in the unit of the signal.",
        "baseline": "Baseline, learned or from the previous buckets.",
        "limit": "Limit beyond which an alert is raised.",
    }
    for name, text in texts.items():
        known = [(signal, getattr(signal, name)) for signal in signals]
        yield _labelled(
            GaugeMetricFamily, f"signal_{name}", text, ("signal", "unit"),
            [((signal.name, signal.unit.value), value) for signal, value in known if value is not None],
        )  # fmt: skip


def _health(health: HealthView) -> Iterator[Metric]:
    for count in COUNTS:
        yield from (_counter(count.name, count.text, value) for _, value in values(count, health))
    yield _gauge("connections", "TCP connections being followed.", health.connections)
    for count in LABELLED:
        found = [((label,), value) for label, value in values(count, health)]
        yield _labelled(CounterMetricFamily, count.name, count.text, (count.label,), found)
    yield _gauge("notices", "Warnings on the dashboard.", len(health.warnings))


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(PREFIX + name, text, value=value)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=value)


def _labelled(
    kind: type[CounterMetricFamily] | type[GaugeMetricFamily],
    name: str,
    text: str,
    labels: Sequence[str],
    values: Sequence[tuple[Sequence[str], float]],
) -> Metric:
    family = kind(PREFIX + name, text, labels=labels)
    for texts, value in values:
        family.add_metric(texts, value)
    return family
