"""Writes snapshots as ExportMetricsServiceRequest of the OpenTelemetry protocol. Pure.

The bins of response times are those of an exponential histogram of scale 5, so nothing is counted again, and no
precision is lost. Sizes are histograms by convention, too; only count and sum are known, so these have no buckets.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric, ScopeMetrics

from outputs.otlp import statistics as counted
from outputs.otlp.series import OVERFLOW
from outputs.otlp.snapshot import Snapshot
from outputs.otlp.statistics import HTTP_ATTRIBUTES, SEPARATOR, STATUS, MetricStatistic
from store.distribution import FIRST, PER_OCTAVE, Distribution
from store.sums import Sums

SCOPE: Final = "http-monitor"
PREFIX: Final = "http_monitor."
SCALE: Final = PER_OCTAVE.bit_length() - 1
ZERO: Final = 2 ** (FIRST / PER_OCTAVE)
"""Upper end of bin 0 in seconds. Shorter times are clamped to that bin, so it is the bucket of zero."""
_METHOD: Final = HTTP_ATTRIBUTES.index("http.request.method")
_STATUS: Final = HTTP_ATTRIBUTES.index(STATUS)
_OVERFLOW: Final = KeyValue(key="otel.metric.overflow", value=AnyValue(bool_value=True))


def request(
    snapshot: Snapshot, statistics: Iterable[MetricStatistic], resource: Mapping[str, str], version: str
) -> ExportMetricsServiceRequest:
    """Return the request that exports a snapshot."""
    message = ExportMetricsServiceRequest()
    one = message.resource_metrics.add()
    one.resource.attributes.extend(_text(name, value) for name, value in resource.items())
    scope = one.scope_metrics.add()
    scope.scope.name, scope.scope.version = SCOPE, version
    writer = _Writer(scope, snapshot, {each.name: each.attributes for each in statistics})
    writer.http()
    writer.dns()
    writer.tls()
    writer.own()
    return message


class _Writer:
    """Adds the metrics of a snapshot."""

    def __init__(self, scope: ScopeMetrics, snapshot: Snapshot, attributes: Mapping[str, Sequence[str]]) -> None:
        self._scope = scope
        self._snapshot = snapshot
        self._attributes = attributes
        delta, cumulative = (
            AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA,
            AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE,
        )
        self._temporality = delta if snapshot.delta else cumulative
        self._times = {
            "start_time_unix_nano": _nanoseconds(snapshot.start),
            "time_unix_nano": _nanoseconds(snapshot.time),
        }

    def http(self) -> None:
        """Add the metrics of HTTP."""
        known = self._sums(counted.EXCHANGES)
        self._durations(
            counted.EXCHANGES, "http.server.request.duration", "Time to the first byte of the response.", known
        )
        requests = {key: sums.count for key, sums in known.items() if _has(key, _METHOD)}
        self._counts(counted.EXCHANGES, "requests", "Requests answered, or ended without.", "{request}", requests)
        bodies = {key: sums.bytes for key, sums in self._sums(counted.REQUEST_BODIES).items()}
        strays = sum(bodies.pop(key) for key in [*bodies] if key not in requests)
        if strays:
            requests.setdefault(OVERFLOW, 0)
            bodies[OVERFLOW] = strays
        sizes = {key: (count, bodies.get(key, 0)) for key, count in requests.items()}
        self._sizes("http.server.request.body.size", "Size of request bodies.", sizes)
        sizes = {key: (sums.count, sums.bytes) for key, sums in known.items() if _has(key, _STATUS)}
        self._sizes("http.server.response.body.size", "Size of response bodies.", sizes)

    def dns(self) -> None:
        """Add the metric of DNS lookups."""
        known = self._sums(counted.LOOKUPS)
        self._durations(counted.LOOKUPS, "dns.lookup.duration", "Time from a DNS query to its answer.", known)

    def tls(self) -> None:
        """Add the metrics of TLS handshakes."""
        counts = {key: sums.count for key, sums in self._sums(counted.HANDSHAKES).items()}
        self._counts(counted.HANDSHAKES, "tls.handshakes", "TLS handshakes.", "{handshake}", counts)
        known = self._sums(counted.HANDSHAKE_TIMES)
        name = f"{PREFIX}tls.handshake.duration"
        self._durations(counted.HANDSHAKE_TIMES, name, "Time from ClientHello to Finished.", known)

    def own(self) -> None:
        """Add the monitor's own counters and gauges."""
        metrics: dict[str, Metric] = {}
        for (count, label), value in self._snapshot.counters.items():
            if count.name not in metrics:
                metrics[count.name] = self._counter(f"{PREFIX}{count.name}", count.text, count.unit)
            metrics[count.name].sum.data_points.add(as_int=value, attributes=_labels(count.label, label), **self._times)
        time = self._times["time_unix_nano"]
        for gauge in filter(lambda each: each.values, self._snapshot.gauges):
            metric = self._metric(f"{PREFIX}{gauge.name}", gauge.text, gauge.unit)
            for label, amount in gauge.values:
                metric.gauge.data_points.add(
                    as_double=amount, attributes=_labels(gauge.label, label), time_unix_nano=time
                )

    def _sums(self, name: str) -> dict[str, Sums]:
        return dict(self._snapshot.sums[name].items()) if name in self._snapshot.sums else {}

    def _durations(self, statistic: str, name: str, text: str, known: Mapping[str, Sums]) -> None:
        timed = {key: sums for key, sums in known.items() if sums.times.bins}
        if not timed:
            return
        histogram = self._metric(name, text, "s").exponential_histogram
        histogram.aggregation_temporality = self._temporality
        for key, sums in timed.items():
            point = histogram.data_points.add(
                attributes=self._labels(statistic, key), count=sums.timed, sum=sums.seconds, **self._times
            )
            fill(point, sums.times)

    def _sizes(self, name: str, text: str, known: Mapping[str, tuple[int, int]]) -> None:
        if not known:
            return
        histogram = self._metric(name, text, "By").histogram
        histogram.aggregation_temporality = self._temporality
        for key, (count, size) in known.items():
            labels = self._labels(counted.EXCHANGES, key)
            histogram.data_points.add(attributes=labels, count=count, sum=size, **self._times)

    def _counts(self, statistic: str, name: str, text: str, unit: str, known: Mapping[str, int]) -> None:
        if not known:
            return
        metric = self._counter(f"{PREFIX}{name}", text, unit)
        for key, count in known.items():
            metric.sum.data_points.add(as_int=count, attributes=self._labels(statistic, key), **self._times)

    def _counter(self, name: str, text: str, unit: str) -> Metric:
        metric = self._metric(name, text, unit)
        metric.sum.aggregation_temporality = self._temporality
        metric.sum.is_monotonic = True
        return metric

    def _metric(self, name: str, text: str, unit: str) -> Metric:
        return self._scope.metrics.add(name=name, description=text, unit=unit)

    def _labels(self, statistic: str, key: str) -> list[KeyValue]:
        if key == OVERFLOW:
            return [_OVERFLOW]
        pairs = zip(self._attributes[statistic], key.split(SEPARATOR), strict=True)
        return [_attribute(name, value) for name, value in pairs if value]


def fill(point: Any, times: Distribution) -> None:
    """Write a distribution into a point of an exponential histogram."""
    bins = dict(times.bins)
    point.scale, point.zero_threshold, point.zero_count = SCALE, ZERO, bins.pop(0, 0)
    if bins:
        first, last = min(bins), max(bins)
        point.positive.offset = first + FIRST - 1
        point.positive.bucket_counts.extend([bins.get(number, 0) for number in range(first, last + 1)])


def _has(key: str, attribute: int) -> bool:
    return key == OVERFLOW or bool(key.split(SEPARATOR)[attribute])


def _labels(name: str, value: str) -> list[KeyValue]:
    return [_text(name, value)] if name else []


def _attribute(name: str, value: str) -> KeyValue:
    return KeyValue(key=name, value=AnyValue(int_value=int(value))) if name == STATUS else _text(name, value)


def _text(name: str, value: str) -> KeyValue:
    """Return an attribute; what UTF-8 cannot express becomes `?`."""
    return KeyValue(key=name, value=AnyValue(string_value=value.encode("utf-8", "replace").decode("utf-8")))


def _nanoseconds(time: float) -> int:
    return round(time * 1e9)
