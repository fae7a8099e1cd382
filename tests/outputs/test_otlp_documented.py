"""docs/output.md lists every metric, attribute, variable and setting of OTLP."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from records import exchange, handshake, lookup
from view_samples import CALM, TROUBLED

pytest.importorskip("opentelemetry.proto", reason="pip install -r requirements-otlp.txt")

from alerting.alert import SignalUnit
from exercise_config import Config
from outputs.labels import METHODS
from outputs.otlp import environment as otel
from outputs.otlp.exporter import LATE, OtlpExporter, Terms
from outputs.otlp.message import request
from outputs.otlp.snapshot import Snapshot
from outputs.otlp.statistics import HTTP_ATTRIBUTES, dns_statistics, http_statistics, tls_statistics
from run.memory_bound import memory_bound
from settings.setting import settings_of
from traffic.batch import RecordBatch
from view.view import SignalView

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "output.md").read_text(encoding="utf-8").split("## Metrics for OpenTelemetry\n")[1]
SECTION = TEXT.split("\n## ")[0]
SIGNAL = SignalView("latency", "Response time", SignalUnit.SECONDS, "ALERT", 1, 1, 1, 10, 1, False)


def rows(heading: str) -> list[str]:
    """Return the rows of the table whose first column has this heading."""
    table = SECTION.split(f"| {heading} |")[1].split("\n\n")[0]
    return [line for line in table.splitlines()[2:] if line.startswith("|")]


def test_every_metric_is_explained_with_its_type_and_unit() -> None:
    statistics = (*http_statistics(9, METHODS), *dns_statistics(9), *tls_statistics())
    taken: list[Snapshot] = []

    class Queue:
        warnings = ()
        put = staticmethod(taken.append)

        def start(self) -> None: ...

        def close(self, seconds: float) -> None: ...

        def wait_for_room(self) -> bool:
            return True

    exporter = OtlpExporter(statistics, Terms(10, 60, False, 100, 5.0), Queue())
    exporter.begin(CALM.now - 60)
    now = CALM.now
    health = replace(TROUBLED, secrets=(("connections decrypted", 1),), uninspected=(("over budget", 3),))
    exporter.take(
        RecordBatch([exchange(time=now), lookup(time=now), handshake(time=now, version="TLS 1.3", handshake_time=1.0)])
    )
    exporter.finish(replace(CALM, health=health, signals=(SIGNAL,)))
    (sent,) = request(taken[0], statistics, {}, "1").resource_metrics[0].scope_metrics
    kinds = {metric.name: str(metric.WhichOneof("data")).replace("_", " ") for metric in sent.metrics}
    units = {metric.name: metric.unit for metric in sent.metrics}
    cells = [row.split("|") for row in rows("metric")]
    explained = {name: cell[2].strip() for cell in cells for name in re.findall(r"`([a-z_.]+)`", cell[1])}
    assert sorted(explained) == sorted(kinds)
    for name, kind in explained.items():
        assert kind.partition(",")[0] == kinds[name], name
        assert units[name] == kind.partition(", ")[2] or units[name].startswith("{") or name.endswith("bytes"), name


def test_every_attribute_of_http_is_explained() -> None:
    assert [re.findall(r"`([a-z_.]+)`", row)[0] for row in rows("attribute")] == list(HTTP_ATTRIBUTES)


def test_every_variable_is_explained() -> None:
    code = (ROOT / "outputs/otlp/environment.py").read_text() + (ROOT / "run/otlp.py").read_text()
    read = {*re.findall(r'"(OTEL_[A-Z_]+)"', code)}
    read |= {f"OTEL_EXPORTER_OTLP_{name}" for name in re.findall(r'general\(environment, "([A-Z_]+)"\)', code)}
    named = {name for row in rows("variable") for name in re.findall(r"`(OTEL_\w+)`", row.split("|")[1])}
    assert named == read | {f"OTEL_EXPORTER_OTLP_{otel.HEADERS}"}


def test_every_setting_is_explained_with_its_default() -> None:
    names = [name for name in settings_of(Config) if name.startswith("otlp")]
    assert [name for name in names if f"`{name}" not in SECTION and f"{name}=" not in SECTION] == []
    config = Config()
    for name, written in re.findall(r"`((?:otlp|max)_\w+)` \(([\d,]+)(?: s)?\)", SECTION):
        assert getattr(config, name) == int(written.replace(",", "")), name
    assert f"more than {LATE:.0f} s late" in SECTION


def test_the_documented_memory_is_the_bound() -> None:
    more = (memory_bound(Config(otlp="http://c")) - memory_bound(Config())) / 2**20
    assert f"`--otlp` {more:.0f} MiB" in (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
