"""Scrapes metrics like a Prometheus server: by HTTP, in its format, with its rules."""

import contextlib
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from records import exchange, request
from view_samples import CALM, NOW, TROUBLED

from alerting.alert import Alert, SignalUnit
from alerting.events import AlertDismissed, AlertRaised
from outputs.address import Address
from outputs.errors import UnavailableError
from outputs.metrics_server import CONNECTIONS, MetricsServer
from outputs.prometheus import PrometheusExporter
from traffic.batch import RecordBatch
from traffic.records import Exchange
from view.view import SignalView

ALERT = Alert("request_rate", NOW, None, 1844, 1844, 1200, 10, 1320, SignalUnit.HITS)
SIGNAL = SignalView("request_rate", "Request rate", SignalUnit.HITS, "ALERT", 1200, 1320, 1844, 10, 1, False)
QUIET = SignalView("latency", "Response time", SignalUnit.SECONDS, "LEARNING", None, None, None, 25, 10, True)

STATES = ("learning", "normal", "alert", "dismissed")
PLACE = Address("127.0.0.1", 0)


def posted(host: str, seconds: float = 0.2) -> Exchange:
    asked = request(method="POST", host=host, target="/cart")
    return exchange(asked, request_bytes=812, response_bytes=9130, response_time=seconds)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def exporter(clock: Clock) -> Iterator[PrometheusExporter]:
    exporter = PrometheusExporter(PLACE, 2, "0.1.0", "plain Python", clock)
    exporter.start()
    yield exporter
    exporter.close()


def scrape(exporter: PrometheusExporter) -> str:
    with urllib.request.urlopen(f"http://{exporter.address}/metrics", timeout=60) as response:
        assert response.headers["Content-Type"].startswith("text/plain")
        text: str = response.read().decode("utf-8")
        return text


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Value by name and labels, as `("http_monitor_gaps_total",)` or `("...", "host=a", "method=GET")`."""
    return {
        (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_bytes_and_response_times_can_be_scraped(exporter: PrometheusExporter) -> None:
    exporter.take(RecordBatch([posted("shop.example.com"), posted("shop.example.com", 0.3)]))
    exporter.show(CALM, True)
    told = samples(scrape(exporter))
    host, method, status = "host=shop.example.com", "method=POST", "status=2xx"
    assert told["http_monitor_requests_total", host, method, status] == 2
    assert told["http_monitor_request_body_bytes_total", host, method, status] == 1624
    assert told["http_monitor_response_body_bytes_total", host, method, status] == 18260
    assert told["http_monitor_response_time_seconds_bucket", host, "le=0.1"] == 0
    assert told["http_monitor_response_time_seconds_bucket", host, "le=0.25"] == 1
    assert told["http_monitor_response_time_seconds_bucket", host, "le=+Inf"] == 2
    assert told["http_monitor_response_time_seconds_count", host] == 2
    assert told["http_monitor_response_time_seconds_sum", host] == pytest.approx(0.5)


DECRYPTED = replace(TROUBLED, secrets=(("connections decrypted", 7),), uninspected=(("over budget", 3),))


def test_calls_can_be_scraped_by_status(exporter: PrometheusExporter) -> None:
    exporter.take(RecordBatch([posted("shop")._replace(protocol="grpc", grpc_status=code) for code in (0, 0, 14)]))
    exporter.show(CALM, True)
    told = samples(scrape(exporter))
    assert told["http_monitor_exchanges_total", "protocol=grpc"] == 3
    assert told["http_monitor_grpc_calls_total", "grpc_status=0"] == 2
    assert told["http_monitor_grpc_calls_total", "grpc_status=14"] == 1


def test_health_can_be_scraped(exporter: PrometheusExporter) -> None:
    exporter.show(replace(CALM, health=DECRYPTED), True)
    told = samples(scrape(exporter))
    assert told["http_monitor_dropped_packets_total",] == 1204
    assert told["http_monitor_lost_records_total",] == 12
    assert told["http_monitor_unreadable_connections_total", "kind=HTTP/2"] == 3
    assert told["http_monitor_oddities_total", "name=bad chunk size"] == 12
    assert told["http_monitor_secrets_total", "name=connections decrypted"] == 7
    assert told["http_monitor_uninspected_exchanges_total", "reason=over budget"] == 3
    assert told["http_monitor_refreshed_timestamp_seconds",] == NOW


def test_each_signal_exports_its_state_and_its_limit(exporter: PrometheusExporter) -> None:
    exporter.show(replace(CALM, signals=(SIGNAL, QUIET)), True)
    told = samples(scrape(exporter))
    states = {state: told["http_monitor_signal_state", "signal=request_rate", f"state={state}"] for state in STATES}
    assert states == {"learning": 0, "normal": 0, "alert": 1, "dismissed": 0}
    assert told["http_monitor_signal_limit", "signal=request_rate", "unit=hits"] == 1320
    assert [key for key in told if "signal=latency" in key and key[0] == "http_monitor_signal_limit"] == []


def test_an_alert_counts_once(exporter: PrometheusExporter) -> None:
    exporter.event(AlertRaised(NOW, ALERT))
    exporter.event(AlertDismissed(NOW, ALERT))
    exporter.event(AlertRaised(NOW, ALERT))
    exporter.finish(replace(CALM, signals=(SIGNAL, QUIET)))
    told = samples(scrape(exporter))
    assert told["http_monitor_alerts_total", "signal=request_rate"] == 2
    assert told["http_monitor_alerts_total", "signal=latency"] == 0


def test_labels_with_hostile_text_can_be_parsed_back(exporter: PrometheusExporter) -> None:
    hosts = ['a"} 1\nevil{x="\\', "日本語.example.jp"]
    exporter.take(RecordBatch([posted(host) for host in hosts]))
    told = samples(scrape(exporter))
    assert {key[1] for key in told if key[0] == "http_monitor_requests_total"} == {f"host={host}" for host in hosts}


def test_records_are_published_before_the_next_refresh_but_not_at_each_batch(
    exporter: PrometheusExporter, clock: Clock
) -> None:
    def requests() -> float:
        return sum(value for key, value in samples(scrape(exporter)).items() if key[0] == "http_monitor_requests_total")

    exporter.take(RecordBatch([posted("a")]))
    assert requests() == 1
    exporter.take(RecordBatch([posted("a")]))
    assert requests() == 1
    clock.now += 1
    exporter.take(RecordBatch([posted("a")]))
    assert requests() == 3


def test_before_the_first_refresh_no_health_is_exported(exporter: PrometheusExporter) -> None:
    told = samples(scrape(exporter))
    assert told["http_monitor_build_info", "decoder=plain Python", "version=0.1.0"] == 1
    assert not {key[0] for key in told} & {"http_monitor_packets_total", "http_monitor_gaps_total"}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool")
def test_promtool_reports_no_problem(exporter: PrometheusExporter) -> None:
    exporter.take(RecordBatch([posted(host) for host in ("a", "b", "c")]))
    exporter.event(AlertRaised(NOW, ALERT))
    exporter.show(replace(CALM, health=TROUBLED, signals=(SIGNAL, QUIET)), True)
    text = scrape(exporter)
    assert "(other)" in text
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_metric_is_documented_and_no_other(exporter: PrometheusExporter) -> None:
    exporter.take(RecordBatch([posted("a")._replace(grpc_status=0)]))
    exporter.show(replace(CALM, health=DECRYPTED, signals=(SIGNAL, QUIET)), True)
    told = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name, *_ in samples(scrape(exporter))}
    text = (Path(__file__).parent.parent.parent / "docs" / "output.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(http_monitor_\w+)`", text))
    assert {name for name in told if not name.startswith("process_")} == documented


# The server -----------------------------------------------------------------------------------------------------------


def test_an_address_in_use_is_reported_in_one_line(exporter: PrometheusExporter) -> None:
    with pytest.raises(
        UnavailableError, match=r"^cannot serve metrics on 127\.0\.0\.1:\d+: .*in use.*; use another"
    ) as told:
        MetricsServer(exporter.address, lambda environ, start: [])
    assert "\n" not in str(told.value)


def test_an_unknown_host_is_reported_in_one_line() -> None:
    with pytest.raises(UnavailableError, match=r"cannot serve metrics on nowhere\.invalid:1"):
        MetricsServer(Address("nowhere.invalid", 1), lambda environ, start: [])


def test_it_listens_on_ipv6_too() -> None:
    try:
        exporter = PrometheusExporter(Address("::1", 0), 2, "0.1.0", "compiled")
    except UnavailableError as error:
        pytest.skip(f"no IPv6: {error}")
    exporter.start()
    try:
        assert "http_monitor_build_info" in scrape(exporter)
    finally:
        exporter.close()


def test_silent_connections_do_not_block_others_for_ever(
    exporter: PrometheusExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outputs.metrics_server.DEADLINE", 0.2)
    idle = [socket.create_connection(exporter.address) for _ in range(CONNECTIONS)]
    try:
        until = time.monotonic() + 60
        text = ""
        while not text and time.monotonic() < until:
            with contextlib.suppress(OSError):
                text = scrape(exporter)
            time.sleep(0.05)
        assert "http_monitor_build_info" in text
        for connection in idle:
            connection.settimeout(60)
            assert connection.recv(1) == b""
    finally:
        for connection in idle:
            connection.close()


def test_a_connection_above_the_limit_is_closed_at_once(exporter: PrometheusExporter) -> None:
    idle = [socket.create_connection(exporter.address) for _ in range(CONNECTIONS)]
    try:
        with socket.create_connection(exporter.address, timeout=60) as one_more:
            assert one_more.recv(1) == b""
    finally:
        for connection in idle:
            connection.close()


def test_other_methods_than_get_are_rejected_and_nothing_is_logged(
    exporter: PrometheusExporter, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(exporter.address, timeout=60) as connection:
        connection.sendall(b"DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.0 405 ")
    with socket.create_connection(exporter.address, timeout=60) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00 not HTTP at all\r\n\r\n")
        connection.recv(4096)
    assert capfd.readouterr() == ("", "")
