"""The command sends metrics to a collector."""

import dataclasses
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from certificates import Certificates
from http_receiver import Hooks, http_receiver
from scene import START, Scene, Visit

pytest.importorskip("opentelemetry.proto", reason="pip install -r requirements-otlp.txt")

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from otlp_reading import metrics, points, resource_of, total, unpacked

from capture.core import CORE
from capture.lockdown import lockable
from cli.arguments import parse_arguments
from exercise_config import Config
from run import opening, otlp
from run.lockdown import ANYWHERE, granted
from run.outputs import open_outputs
from run.plan import planned
from store.distribution import FIRST, Distribution
from traffic.decoder import Decoder

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
DURATION, REQUESTS = "http.server.request.duration", "http_monitor.requests"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write five minutes of visits of all kinds."""

    def changed(number: int, visit: Visit) -> Visit:
        status = None if number % 41 == 0 else (200, 200, 304, 404, 503)[number % 5]
        return dataclasses.replace(visit, status=status, seconds=0.001 * (1 + number % 700), size=number % 5000)

    path = tmp_path_factory.mktemp("otlp") / "trace.pcap"
    scene = Scene()
    scene.given(0, 300, changed)
    scene.write(path)
    return str(path)


@pytest.fixture(params=["core", "reference"])
def _decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run with each decoder."""
    if request.param == "core" and CORE is None:
        pytest.skip("the core is not built: make fast")
    if request.param == "reference":
        monkeypatch.setattr(
            opening, "decoder_for", lambda ports, limits, wanted, *_: Decoder(ports, limits, None, wanted)
        )


def sent(hooks: Hooks) -> list[ExportMetricsServiceRequest]:
    return [unpacked(posted.body) for posted in hooks.posted]


def distribution(message: ExportMetricsServiceRequest) -> Distribution:
    """Response times of all points together, in our bins."""
    hits: Counter[int] = Counter()
    for point in points(metrics(message)[DURATION]).values():
        first = point.positive.offset - FIRST + 1
        hits.update({first + number: count for number, count in enumerate(point.positive.bucket_counts)})
        hits[0] += point.zero_count
    return Distribution.of(hits.items())


@pytest.mark.usefixtures("_decoder")
def test_the_sums_are_those_of_the_dashboard_in_packet_time(trace: str, run_here: Run) -> None:
    with http_receiver() as hooks:
        url = f"http://localhost:{hooks.port}"
        status, out, err = run_here("-r", trace, "--ui", "json", "-q", "--otlp", url, "--user", "root")
    assert (status, err) == (0, "")
    shown = json.loads(out)
    whole, times = shown["whole"], shown["whole"]["response_times"]
    assert [posted.path for posted in hooks.posted] == ["/v1/metrics"] * 6
    *_, last = sent(hooks)
    found = points(metrics(last)[REQUESTS])
    assert sum(point.as_int for point in found.values()) == whole["count"] == 1200
    by_status = Counter[str]()
    for key, point in found.items():
        by_status[next((each.partition("=")[2][0] for each in key if "status_code" in each), "none")] += point.as_int
    assert (by_status["4"], by_status["5"]) == (whole["client_errors"], whole["server_errors"])
    assert by_status["none"] == 30
    assert total(last, "http.server.response.body.size", "sum") == whole["volume_bytes"]
    assert total(last, DURATION, "sum") / total(last, DURATION, "count") == pytest.approx(times["average_seconds"])
    assert distribution(last).quantiles(0.5, 0.9, 0.95, 0.99) == tuple(
        times[f"p{share}_seconds"] for share in (50, 90, 95, 99)
    )
    assert points(metrics(last)["http_monitor.packets"])[()].as_int == shown["health"]["packets"]
    ends = [points(metrics(each)["http_monitor.packets"])[()].time_unix_nano / 1e9 for each in sent(hooks)]
    assert ends[:-1] == [START + 40 + 60 * number for number in range(5)]
    assert ends[-1] == pytest.approx(shown["timestamp_seconds"], abs=0.01)


def test_deltas_add_up_to_the_totals(trace: str, run_here: Run) -> None:
    with http_receiver() as totals, http_receiver() as deltas:
        for hooks, kind in ((totals, "cumulative"), (deltas, "delta")):
            url = f"http://localhost:{hooks.port}"
            run_here("-r", trace, "-q", "--otlp", url, "--user", "root", "--set", f"otlp_temporality={kind}")
    *_, last = sent(totals)
    parts = sent(deltas)
    added = Distribution.merged(map(distribution, parts))
    assert added == distribution(last)
    for name, field in ((REQUESTS, "as_int"), (DURATION, "count"), ("http_monitor.packets", "as_int")):
        assert sum(total(part, name, field) for part in parts) == total(last, name, field) > 0
    spans = [
        (point.start_time_unix_nano, point.time_unix_nano)
        for part in parts
        for point in points(metrics(part)["http_monitor.packets"]).values()
    ]
    assert spans[0][0] == round(START * 1e9)
    assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]


def test_only_the_exchanges_that_match_are_counted(trace: str, run_here: Run) -> None:
    with http_receiver() as hooks:
        url = f"http://localhost:{hooks.port}"
        run_here("-r", trace, "-q", "--only", "status:5xx", "--otlp", url, "--user", "root")
    statuses = {each for key in points(metrics(sent(hooks)[-1])[REQUESTS]) for each in key if "status_code" in each}
    assert statuses == {"http.response.status_code=503"}


def test_the_environment_of_opentelemetry_is_heeded(
    trace: str, run_here: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "headers"
    secret.write_text("# for the gateway\nAuthorization: Bearer s3cret\n")
    secret.chmod(0o604)
    with http_receiver() as hooks:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://localhost:{hooks.port}/otel/")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=shop")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "edge")
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        given = ("-r", trace, "-q", "--otlp", "env", "--user", "root", "--set", f"otlp_headers_file={secret}")
        status, _, err = run_here(*given)
    assert (status, err) == (0, f"exercise.py: otlp_headers_file: every user can read {secret} (chmod o=)\n")
    posted, named = hooks.posted[0], resource_of(sent(hooks)[0])
    assert (posted.path, posted.headers["x-tenant"]) == ("/otel/v1/metrics", "shop")
    assert posted.headers["Authorization"] == "Bearer s3cret"
    assert (named["service.name"], named["deployment.environment.name"]) == ("edge", "test")


def test_an_instance_keeps_its_number_and_others_have_another_one() -> None:
    named = [
        otlp.resource(parse_arguments(["-i", interface]), {})["service.instance.id"]
        for interface in ("eth0", "eth0", "eth1")
    ]
    assert named[0] == named[1] != named[2]


def test_a_collector_that_is_down_is_reported_and_fails_the_run(trace: str, run_here: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    given = ("--otlp", f"http://127.0.0.1:{port}", "--set", "otlp_flush_time=0.1", "--user", "root")
    status, out, err = run_here("-r", trace, "--ui", "json", *given)
    assert status == 1
    last = json.loads(out.splitlines()[-1])
    assert last["requests"] == 1200
    assert any("otlp 127.0.0.1: connection refused; next try in" in notice for notice in last["health"]["notices"])
    assert "exercise.py: otlp 127.0.0.1: 2 exports not delivered: connection refused\n" in err
    assert "were not exported: the queue was full" in err


def test_rejected_points_are_reported(trace: str, run_here: Run) -> None:
    with http_receiver() as hooks:
        hooks.answers += [(200, {"Content-Type": "application/json"}), (400, {"Content-Type": "text/plain"})]
        hooks.bodies += [b'{"partialSuccess": {"rejectedDataPoints": "3", "errorMessage": "too old"}}', b"no"]
        url = f"http://localhost:{hooks.port}"
        status, _, err = run_here("-r", trace, "-q", "--otlp", url, "--user", "root")
    assert status == 1
    assert err == (
        "exercise.py: otlp localhost: 1 export not delivered: answered 400 Bad Request: no\n"
        "exercise.py: otlp localhost: 3 data points rejected: too old\n"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--otlp", "localhost:4318"), "otlp: the URL must begin with http:// or https:// and a host"),
        (("--otlp", "https://c", "--set", "otlp_authorities=none.pem"), "otlp_authorities: cannot read none.pem: No"),
        (("--otlp", "https://c", "--set", "otlp_key=k.pem"), "otlp_certificate and otlp_key must both be given"),
        (("--otlp", "http://c", "--set", "otlp_headers_file=none"), "otlp_headers_file: cannot read none: No such"),
    ],
)
def test_wrong_settings_are_one_line(trace: str, run_here: Run, given: tuple[str, ...], words: str) -> None:
    status, _, err = run_here("-r", trace, *given, "--user", "root")
    assert status == 2
    assert err.startswith(f"exercise.py: {words}")
    assert err.count("\n") == 1


def test_a_key_of_another_certificate_is_refused(trace: str, run_here: Run, tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    pair = f"otlp_certificate={made.client}", f"otlp_key={made.authority}"
    status, _, err = run_here("-r", trace, "--otlp", "https://c", "--set", pair[0], "--set", pair[1], "--user", "root")
    assert status == 2
    assert "otlp_certificate and otlp_key: not a certificate and its key (PEM)" in err


def test_a_missing_package_is_reported(trace: str, run_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for loaded in ("outputs.otlp.collector", "outputs.otlp.message", "outputs.otlp.exporter", "outputs.otlp.sender"):
        monkeypatch.delitem(sys.modules, loaded, raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    for loaded in [name for name in sys.modules if name.startswith("opentelemetry.")]:
        monkeypatch.delitem(sys.modules, loaded)
    status, _, err = run_here("-r", trace, "--otlp", "http://c", "--user", "root")
    assert (status, err) == (
        1,
        "exercise.py: --otlp needs the package opentelemetry-proto; run: pip install -r requirements-otlp.txt\n",
    )


def test_the_demo_exports_nothing(run_here: Run) -> None:
    status, _, err = run_here("--demo", "--otlp", "http://c")
    assert status == 2
    assert "leave one out" in err
    assert not otlp.exports(parse_arguments(["--demo"]), Config(otlp="http://c"))


def test_other_protocols_are_decoded_if_they_are_counted() -> None:
    def kinds(**settings: object) -> set[str]:
        config = Config(otlp="http://c", **settings)  # type: ignore[arg-type]
        plan = planned(parse_arguments(["-i", "lo", "--ui", "console"]), config)
        return {each.record.__name__ for each in plan.metrics}

    assert kinds() == {"Exchange", "TlsHandshake"}
    assert kinds(protocols=("dns",)) == {"Exchange", "DnsLookup"}
    assert kinds(protocols=(), statistics=("request_rate", "dns_names")) == {"Exchange", "DnsLookup"}


def test_the_collector_may_be_reached() -> None:
    arguments = parse_arguments(["-r", "x.pcap", "--otlp", "http://c", "--ui", "console"])
    config = Config(otlp="http://c")
    plan = planned(arguments, config)
    with open_outputs(arguments, config, plan.statistics, os.open, plan.metrics) as outputs:
        found = granted(arguments, config, plan, outputs)
    assert (found.families, found.connects) == (ANYWHERE, True)
    assert "/etc" in found.read


@pytest.mark.skipif(not lockable(), reason="the core is not built, or not for this system")
def test_it_works_locked_down_with_files_that_only_the_caller_can_read(trace: str, tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    tmp_path.chmod(0o700)
    files = {"authorities": made.authority, "certificate": made.client, "key": made.key}
    settings = [word for name, path in files.items() for word in ("--set", f"otlp_{name}={path}")]
    user = "nobody" if os.geteuid() == 0 else "root"
    with http_receiver(made.demanding) as hooks, open(trace, "rb") as packets:
        url = f"https://localhost:{hooks.port}"
        command = [sys.executable, str(ROOT / "exercise.py"), "-r", "-", "-q", "-v", "--otlp", url, *settings]
        done = subprocess.run(
            [*command, "--user", user],
            cwd=tmp_path, stdin=packets, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    assert "locked down: " in done.stderr
    assert done.returncode == 0, done.stderr
    assert total(sent(hooks)[-1], REQUESTS, "as_int") == 1200


# A real collector -----------------------------------------------------------------------------------------------------


def rotel() -> str | None:
    """Path of a collector, if the package that contains one is installed."""
    found = find_spec("rotel")
    place = Path(found.origin).parent / "rotel-agent" if found is not None and found.origin else None
    return str(place) if place is not None and place.exists() else shutil.which("rotel-agent")


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Run a collector that prints what it gets; return its port and the file."""
    agent = rotel()
    if agent is None:
        pytest.skip("no collector: pip install rotel")
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as server:
            ports.append(server.getsockname()[1])
    printed = tmp_path / "printed"
    command = [
        agent, "start", "--exporter", "blackhole", "--debug-log", "metrics", "--debug-log-verbosity", "detailed",
        "--otlp-http-endpoint", f"127.0.0.1:{ports[0]}", "--otlp-grpc-endpoint", f"127.0.0.1:{ports[1]}",
        "--pid-file", str(tmp_path / "pid"), "--log-file", str(tmp_path / "log"),
    ]  # fmt: skip
    with printed.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        yield ports[0], printed
        process.terminate()
        process.wait(PATIENCE)


def settled(file: Path, wanted: str) -> str:
    """Return what a file contains, once that is in it and nothing more comes: the collector prints after its answer."""
    end, text = time.monotonic() + PATIENCE, ""
    while time.monotonic() < end:
        before, text = text, file.read_text(errors="replace")
        if wanted in text and text == before:
            break
        time.sleep(0.2)
    return text


def test_a_real_collector_reads_what_we_send(trace: str, run_here: Run, collector: tuple[int, Path]) -> None:
    """It starts while we try; it needs no more than its first answer."""
    port, printed = collector
    given = ("--set", "otlp_flush_time=30", "--set", "otlp_interval=3600", "--user", "root")
    status, out, err = run_here("-r", trace, "-q", "--ui", "json", "--otlp", f"http://127.0.0.1:{port}", *given)
    assert (status, err) == (0, "")
    text = settled(printed, "Name: http.server.request.duration")
    times = text.split("Name: http.server.request.duration")[1].split("Metric #")[0]
    assert "ExponentialHistogram" in times
    shown = sum(int(line.rpartition(": ")[2]) for line in times.splitlines() if line.startswith("Count: "))
    inside = sum(int(line.rpartition(": ")[2]) for line in times.splitlines() if line.startswith("Bucket "))
    assert shown == inside == 1200 - 30
    assert json.loads(out)["whole"]["count"] == 1200
