"""Sums become messages of OTLP without losing or inventing anything."""

from dataclasses import replace
from fractions import Fraction
from math import inf, nextafter

import numpy as np
import pytest
from records import exchange, handshake, lookup, request
from view_samples import CALM, TROUBLED

pytest.importorskip("opentelemetry.proto", reason="pip install -r requirements-otlp.txt")

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import ExponentialHistogramDataPoint
from otlp_reading import metrics, points, resource_of

from outputs.labels import METHODS
from outputs.otlp import message
from outputs.otlp.message import SCALE, ZERO, fill
from outputs.otlp.series import OVERFLOW, Series
from outputs.otlp.snapshot import Snapshot, counters, gauges
from outputs.otlp.statistics import (
    EXCHANGES,
    REQUEST_BODIES,
    SEPARATOR,
    dns_statistics,
    http_statistics,
    tls_statistics,
)
from store.distribution import FIRST, LAST, PER_OCTAVE, Distribution, bin_of
from store.store import Store
from store.sums import ClosedBucket, KeyedSums, StatisticSums, Sums
from traffic.batch import RecordBatch
from traffic.records import Exchange

STATISTICS = (*http_statistics(3, METHODS), *dns_statistics(3), *tls_statistics())
ANY = "server.address=my.site.com"


def sums_of(*records: object) -> dict[str, KeyedSums]:
    """Count records as the exporter does."""
    statistics = (*http_statistics(3, METHODS), *dns_statistics(3), *tls_statistics())
    series = {each.name: Series(100) for each in statistics}
    store = Store(statistics, 10, 120, 50, windows=())

    def take(bucket: ClosedBucket) -> None:
        for counted in bucket.statistics:
            series[counted.name].add(counted)

    store.on_close(take)
    store.add(RecordBatch(records))
    store.advance(1000)
    return {name: each.sums() for name, each in series.items()}


def written(sums: dict[str, KeyedSums], delta: bool = False) -> ExportMetricsServiceRequest:
    snapshot = Snapshot(100.0, 160.5, delta, sums, counters(CALM, {}), gauges(CALM))
    sent = message.request(snapshot, STATISTICS, {"service.name": "monitor", "x": "\ud800"}, "1.2.3")
    return ExportMetricsServiceRequest.FromString(sent.SerializeToString())


# The histogram --------------------------------------------------------------------------------------------------------


def index_of(seconds: float) -> int:
    """Index of the bucket in which the exporter counts a time."""
    point = ExponentialHistogramDataPoint()
    fill(point, Distribution.of([(bin_of(seconds), 1)]))
    assert (point.scale, point.zero_count, list(point.positive.bucket_counts)) == (5, 0, [1])
    return int(point.positive.offset)


def holds(index: int, value: float) -> bool:
    """Whether a value is in a bucket of the specification: above base^index, up to base^(index + 1), exactly."""
    power = Fraction(value) ** 2**SCALE
    return bool(Fraction(2) ** index < power <= Fraction(2) ** (index + 1))


def test_the_scale_is_that_of_the_bins() -> None:
    assert pytest.approx(2 ** (1 / PER_OCTAVE), rel=1e-15) == 2 ** (2.0**-SCALE)


@pytest.mark.parametrize("power", range(-16, 14))
def test_powers_of_two_and_their_neighbours_are_in_the_buckets_of_the_specification(power: int) -> None:
    value = 2.0**power
    assert index_of(value) == power * 32 - 1
    for near in (value, nextafter(value, 0), nextafter(value, inf)):
        assert holds(index_of(near), near) or abs(near / value - 1) < 1e-15


def test_every_boundary_is_the_upper_end_of_its_bucket() -> None:
    """The logarithm of a float next to an irrational boundary may round to either side, but not 1e-14 away from it."""
    for number in range(FIRST + 1, FIRST + LAST):
        end = 2.0 ** (number / 32)
        below, above = end * (1 - 1e-14), end * (1 + 1e-14)
        assert (index_of(below), index_of(above)) == (number - 1, number)
        assert holds(number - 1, below)
        assert holds(number, above)


def test_times_within_are_where_the_specification_says() -> None:
    for value in np.exp(np.random.default_rng(7).uniform(np.log(1.1e-5), np.log(9900), 500)).tolist():
        assert holds(index_of(value), value)


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 1e-5, ZERO])
def test_the_shortest_times_are_in_the_bucket_of_zero(seconds: float) -> None:
    point = ExponentialHistogramDataPoint()
    fill(point, Distribution.of([(bin_of(seconds), 3)]))
    assert (point.zero_count, list(point.positive.bucket_counts)) == (3, [])
    assert point.zero_threshold == ZERO
    assert ZERO < 2 ** ((FIRST + 1) / 32), "no bucket overlaps it"


def test_gaps_between_bins_are_zeros() -> None:
    point = ExponentialHistogramDataPoint()
    fill(point, Distribution.of([(0, 1), (5, 2), (8, 4)]))
    assert list(point.positive.bucket_counts) == [2, 0, 0, 4]
    assert point.positive.offset == 5 + FIRST - 1


# HTTP -----------------------------------------------------------------------------------------------------------------

COMMON = (ANY, "http.request.method=GET")
V = "network.protocol.version=1.1"
PLAIN = "url.scheme=http"


@pytest.mark.parametrize(
    ("counted", "attributes"),
    [
        (exchange(), (*COMMON, "http.response.status_code=200", PLAIN, V)),
        (exchange(status=404), (*COMMON, "http.response.status_code=404", PLAIN, V)),
        (exchange(status=503), (*COMMON, "http.response.status_code=503", PLAIN, V, "error.type=503")),
        (exchange(tls_version="TLS 1.3"), (*COMMON, "http.response.status_code=200", "url.scheme=https", V)),
        (exchange(status=799), (*COMMON, PLAIN, V, "error.type=_OTHER")),
        (exchange(status=None, ending="reset"), (*COMMON, PLAIN, V, "error.type=reset")),
        (exchange(status=None, ending="gap"), (*COMMON, PLAIN, V)),
        (exchange(status=None, ending="complete"), (*COMMON, PLAIN, V)),
        (
            exchange(request(version="2"), grpc_status=14),
            (
                *COMMON,
                "http.response.status_code=200",
                PLAIN,
                "network.protocol.version=2",
                "error.type=UNAVAILABLE",
            ),
        ),
        (
            exchange(request(version="1.1"), grpc_status=99),
            (*COMMON, "http.response.status_code=200", PLAIN, V, "error.type=_OTHER"),
        ),
        (
            exchange(request(method="BREW", version="7.7")),
            (ANY, "http.request.method=_OTHER", "http.response.status_code=200", PLAIN),
        ),
        (
            exchange(request(host="x" * 256)),
            ("server.address=_OTHER", "http.request.method=GET", "http.response.status_code=200", PLAIN, V),
        ),
    ],
)
def test_attributes_follow_the_conventions(counted: Exchange, attributes: tuple[str, ...]) -> None:
    assert list(points(metrics(written(sums_of(counted)))["http_monitor.requests"])) == [attributes]


def test_duration_requests_and_sizes_are_the_sums() -> None:
    posted = exchange(request(method="POST"), request_bytes=812, response_bytes=9000, response_time=0.25)
    empty = exchange(request(method="POST"), request_bytes=0, response_bytes=1, response_time=0.5)
    unanswered = exchange(status=None, ending="timeout", response_time=None, response_bytes=0)
    found = metrics(written(sums_of(posted, empty, unanswered)))
    key = (ANY, "http.request.method=POST", "http.response.status_code=200", PLAIN, V)
    lost = (*COMMON, PLAIN, V, "error.type=timeout")
    (times,) = points(found["http.server.request.duration"]).values()
    assert (times.count, times.sum) == (2, 0.75)
    assert sum(times.positive.bucket_counts) == 2
    assert {k: p.as_int for k, p in points(found["http_monitor.requests"]).items()} == {key: 2, lost: 1}
    asked, answered = (points(found[f"http.server.{way}.body.size"]) for way in ("request", "response"))
    assert {k: (p.count, p.sum) for k, p in asked.items()} == {key: (2, 812), lost: (1, 0)}
    assert {k: (p.count, p.sum) for k, p in answered.items()} == {key: (2, 9001)}
    assert [len(p.bucket_counts) + len(p.explicit_bounds) for p in asked.values()] == [0, 0], "only count and sum"


def test_a_response_without_its_request_has_only_a_size() -> None:
    found = metrics(written(sums_of(exchange(request=None, response_time=None, response_bytes=7))))
    assert {name for name in found if name.startswith("http.")} == {"http.server.response.body.size"}
    ((key, size),) = points(found["http.server.response.body.size"]).items()
    assert "http.request.method" not in str(key)
    assert (size.count, size.sum) == (1, 7)


def test_further_hosts_share_a_series() -> None:
    hosts = [exchange(request(host=f"{number}.example.com")) for number in range(5)]
    found = points(metrics(written(sums_of(*hosts)))["http_monitor.requests"])
    named = {key[0]: point.as_int for key, point in found.items()}
    assert sorted(named.values()) == [1, 1, 1, 2]
    assert named["server.address=_OTHER"] == 2


def test_everything_without_a_series_overflows_and_totals_stay_exact() -> None:
    series = Series(3)
    names = [SEPARATOR.join((f"h{n}", "GET", "200", "http", "1.1", "")) for n in range(5)]
    counted = KeyedSums.of_items((name, Sums(2, 10, 1.0, Distribution(((7, 2),)))) for name in names)
    series.add(StatisticSums(EXCHANGES, counted, Sums(1, 5)))
    series.add(StatisticSums(EXCHANGES, counted, Sums()))
    bodies = KeyedSums.of_items([(names[0], Sums(1, 50)), (names[4], Sums(1, 70))])
    found = metrics(written({EXCHANGES: series.sums(), REQUEST_BODIES: bodies}))
    requests = points(found["http_monitor.requests"])
    overflow = requests[("otel.metric.overflow=True",)]
    assert len(requests) == 3
    assert overflow.as_int == 3 * 2 * 2 + 1
    assert sum(point.as_int for point in requests.values()) == 21
    assert points(found["http.server.request.duration"])[("otel.metric.overflow=True",)].count == 12
    assert sum(point.sum for point in points(found["http.server.request.body.size"]).values()) == 120
    assert dict(series.sums().items())[OVERFLOW].times == Distribution(((7, 12),))


def test_sums_that_were_taken_do_not_change() -> None:
    series = Series(10)
    one = StatisticSums(EXCHANGES, KeyedSums.of_items([("a", Sums(1))]), Sums())
    series.add(one)
    taken = series.sums()
    series.add(one)
    assert dict(taken.items()) == {"a": Sums(1)}
    assert dict(series.sums().items()) == {"a": Sums(2)}


# Other protocols ------------------------------------------------------------------------------------------------------


def test_lookups_have_their_name_and_their_error() -> None:
    found = points(
        metrics(
            written(
                sums_of(
                    lookup(),
                    lookup(name="nowhere.example.com", rcode="NXDOMAIN", response_time=0.5),
                    lookup(rcode="", response_time=None, ending="timeout"),
                )
            )
        )["dns.lookup.duration"]
    )
    assert {key: (point.count, point.sum) for key, point in found.items()} == {
        ("dns.question.name=www.example.com",): (1, 0.25),
        ("dns.question.name=nowhere.example.com", "error.type=NXDOMAIN"): (1, 0.5),
    }


def test_handshakes_are_counted_by_outcome_and_timed_by_version() -> None:
    good = handshake(version="TLS 1.3", handshake_time=0.5, outcome="established", alert="")
    bad = handshake(version="TLS 1.2", handshake_time=None, outcome="failed", alert="certificate_expired")
    found = metrics(written(sums_of(good, good, bad)))
    counts = {key: point.as_int for key, point in points(found["http_monitor.tls.handshakes"]).items()}
    tls = "tls.protocol.name=tls"
    assert counts == {
        (tls, "tls.protocol.version=1.3", "http_monitor.tls.outcome=established"): 2,
        (tls, "tls.protocol.version=1.2", "http_monitor.tls.outcome=failed", "error.type=certificate_expired"): 1,
    }
    ((key, times),) = points(found["http_monitor.tls.handshake.duration"]).items()
    assert key == (tls, "tls.protocol.version=1.3")
    assert (times.count, times.sum) == (2, 1.0)


# Everything -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("delta", "temporality"), [(True, 1), (False, 2)])
def test_all_sums_have_the_temporality_and_the_times(delta: bool, temporality: int) -> None:
    found = metrics(written(sums_of(exchange(), lookup(), handshake()), delta))
    for metric in found.values():
        kind = str(metric.WhichOneof("data"))
        assert metric.unit
        assert metric.description
        for point in points(metric).values():
            assert point.time_unix_nano == 160_500_000_000
            assert kind == "gauge" or point.start_time_unix_nano == 100_000_000_000
        assert kind == "gauge" or getattr(metric, kind).aggregation_temporality == temporality
        assert kind != "sum" or metric.sum.is_monotonic


def test_the_monitor_tells_of_itself() -> None:
    view = replace(CALM, health=TROUBLED)
    snapshot = Snapshot(100.0, 160.0, False, {}, counters(view, {}), gauges(view))
    found = metrics(message.request(snapshot, STATISTICS, {}, "1"))
    assert points(found["http_monitor.dropped_packets"])[()].as_int == 1204
    assert points(found["http_monitor.unreadable_connections"])[("kind=HTTP/2",)].as_int == 3
    assert points(found["http_monitor.oddities"])[("name=bad chunk size",)].as_int == 12
    assert points(found["http_monitor.connections"])[()].as_double == 41
    assert points(found["http_monitor.notices"])[()].as_double == 1


def test_the_resource_and_the_scope_name_the_monitor() -> None:
    sent = written({})
    assert resource_of(sent) == {"service.name": "monitor", "x": "?"}
    scope = sent.resource_metrics[0].scope_metrics[0].scope
    assert (scope.name, scope.version) == ("http-monitor", "1.2.3")
