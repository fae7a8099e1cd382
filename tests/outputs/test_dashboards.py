"""The dashboards in docs/dashboards/ are valid, and use only metrics and fields that there are."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from log_samples import EACH
from records import exchange, request
from view_samples import CALM, TROUBLED

pytest.importorskip("prometheus_client", reason="pip install -r requirements-prometheus.txt")

from alerting.alert import SignalUnit
from outputs.log.kinds import KINDS
from outputs.metric_families import Snapshot, families
from outputs.traffic_counts import TrafficCounts
from view.exchange_line import Discretion
from view.view import SignalView

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "dashboards"
DASHBOARDS = ("grafana-metrics", "grafana-events")
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*", "$host": ".*"}


def content(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="ascii"))
    return found


def expressions() -> Iterator[str]:
    for panel in content("grafana-metrics")["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_grafana_knows_every_attribute(name: str) -> None:
    sdk = pytest.importorskip("grafana_foundation_sdk.models.dashboard", reason="pip install -r requirements-dev.txt")
    encoder = pytest.importorskip("grafana_foundation_sdk.cog.encoder")

    def read(written: dict[str, Any]) -> Any:
        return json.loads(encoder.JSONEncoder(sort_keys=True).encode(sdk.Dashboard.from_json(written)))

    written = content(name)
    assert missing(written, read(written)) == []
    written["panels"][0]["nonsense"] = 1
    assert missing(written, read(written)) == ["/panels/0/nonsense"]


def missing(written: Any, known: Any, place: str = "") -> list[str]:
    """Return the places of `written` that `known` lacks, or has with another value."""
    if isinstance(written, dict) and isinstance(known, dict):
        pairs = [(f"{place}/{key}", value, known.get(key)) for key, value in written.items()]
    elif isinstance(written, list) and isinstance(known, list) and len(written) == len(known):
        pairs = [(f"{place}/{n}", value, other) for n, (value, other) in enumerate(zip(written, known, strict=True))]
    else:
        return [] if written == known else [place]
    return [wrong for each in pairs for wrong in missing(each[1], each[2], each[0])]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_have_numbers_and_places_of_their_own(name: str) -> None:
    panels = content(name)["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert apart or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


def metrics() -> dict[str, set[str]]:
    """Return the labels of each metric that the monitor serves."""
    counts = TrafficCounts(100)
    called = exchange(request(), grpc_status=14, protocol="grpc")
    counts.add([exchange(), called])
    signal = SignalView("request_rate", "Request rate", SignalUnit.HITS, "ALERT", 1200, 1320, 1844, 10, 1, False)
    view = replace(CALM, health=TROUBLED, signals=(signal,))
    found: dict[str, set[str]] = {}
    for family in families(Snapshot("1", "compiled", counts.totals(), view, {"request_rate": 1})):
        found.setdefault(family.name, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
            found[family.name].update(sample.labels)
    return found


def test_every_metric_and_label_is_served() -> None:
    served = metrics()
    used = {name for text in expressions() for name in re.findall(r"\b(http_monitor_\w+)", text)}
    assert used - {*served} == set()
    assert "http_monitor_alerts_total" in used
    for text in expressions():
        for name, labels in re.findall(r"\b(http_monitor_\w+)\{([^}]*)\}", text):
            asked = set(re.findall(r"(\w+)[=!]", labels)) - {"instance"}
            assert asked <= served[name], (name, asked - served[name])
        for labels in re.findall(r"by \(([^)]*)\)", text):
            known = {"instance", *(label for each in served.values() for label in each)}
            assert set(re.split(r",\s*", labels)) <= known


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed: apt-get install prometheus")
def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    rules: list[dict[str, str]] = []
    for text in expressions():
        for name, value in VARIABLES.items():
            text = text.replace(name, value)
        rules.append({"record": f"query:{len(rules)}", "expr": text})
    path = tmp_path / "rules.json"  # JSON is YAML
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def logged() -> set[str]:
    """Return the fields of the log: those of samples, and those that docs/output.md explains."""
    shown = Discretion(queries=True, credentials=True)
    samples = {field for name, record in EACH for field in KINDS[name].fields(record, shown)}
    text = (DOCS / "output.md").read_text(encoding="utf-8").split("## Exchange log")[1]
    return samples | set(re.findall(r"`([a-z_0-9]+(?:\.[a-z_0-9]+)+)`", text))


def fields_of_events() -> Iterator[str]:
    for panel in content("grafana-events")["panels"]:
        for target in panel["targets"]:
            yield from re.findall(r"([a-z_@]+(?:\.[a-z_0-9]+)+):", target["query"])
            for part in (*target["metrics"], *target["bucketAggs"]):
                if "field" in part:
                    yield part["field"]


def test_every_field_is_logged() -> None:
    used = set(fields_of_events())
    assert used - logged() == set()
    assert {"rule.name", "http_monitor.response_time", "event.action", "@timestamp"} <= used


def test_the_template_has_types_for_fields_that_are_logged() -> None:
    template = content("elasticsearch-template")
    properties = template["template"]["mappings"]["properties"]
    known = logged()
    assert {name for name in properties if name not in known} <= {"@timestamp", "message"}
    told = {name: kind["type"] for name, kind in properties.items()}
    for kind, record in EACH:
        for field, value in KINDS[kind].fields(record, Discretion(queries=True)).items():
            if isinstance(value, bool):
                assert told[field] == "boolean", field
            elif isinstance(value, (int, float)):
                assert told[field] in ("long", "double"), field
            elif field.endswith(".ip"):
                assert told[field] == "ip", field
