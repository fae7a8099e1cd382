"""Turns totals and a View into Prometheus metrics, named by its conventions: base units, `_total` for counters.

`docs/output.md` lists them. Labels are bounded: a setting limits hosts, everything else is a fixed set.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import Final, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.utils import floatToGoString

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
    yield _counter("packets", "Packets captured.", health.frames)
    yield _counter(
        "dropped_packets", "Packets that the kernel dropped because the monitor was too slow.", health.dropped
    )
    yield _counter(
        "decoded_requests", "Request heads decoded, including those of unfinished requests.", health.requests
    )
    yield _counter("lost_records", "Records dropped because the queue was full.", health.queue_lost)
    yield _counter("gaps", "Gaps in TCP streams.", health.gaps)
    yield _counter("missing_bytes", "Bytes missing from TCP streams.", health.missing_bytes)
    yield _counter("unpaired_responses", "Responses that could not be matched to a request.", health.unpaired_responses)
    yield _counter(
        "unanswered_requests", "Requests that could not be matched to a response.", health.unanswered_requests
    )
    yield _counter(
        "unnamed_requests", "HTTP/2 requests whose method, host or path could not be known.", health.unnamed_requests
    )
    yield _counter(
        "unknown_owners", "Exchanges of this host whose process and container are unknown.", health.unknown_owners
    )
    yield _counter("unasked_owners", "Connections whose owners were not looked up: too many.", health.unasked_owners)
    yield _counter("forgotten_owners", "Owners of connections that a limit made us forget.", health.forgotten_owners)
    yield _counter("evicted_connections", "Connections dropped because a limit was reached.", health.evicted)
    yield _gauge("connections", "TCP connections being followed.", health.connections)
    yield _labelled(
        CounterMetricFamily, "unreadable_connections", "Connections that are not readable HTTP, by kind.", ("kind",),
        [((kind,), times) for kind, times in health.unreadable],
    )  # fmt: skip
    yield _labelled(
        CounterMetricFamily, "secrets", "What became of TLS secrets and of what they are for, by name.", ("name",),
        [((name,), times) for name, times in health.secrets],
    )  # fmt: skip
    yield _labelled(
        CounterMetricFamily, "oddities", "Malformed or hostile input, by name.", ("name",),
        [((name,), times) for name, times in health.oddities],
    )  # fmt: skip
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
