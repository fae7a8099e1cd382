"""The bound of the memory: what the documents say of it, and that each limit counts."""

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from exercise_config import Config
from run.memory_bound import memory_bound

ROOT = Path(__file__).parents[2]
OPTIONAL: dict[str, Any] = {
    "incidents": "kept",
    "otlp": "http://localhost:4318",
    "indicators": ("feed",),
    "sigma_rules": ("rules",),
    "log_syslog": ("tls://logs.example.com",),
    "suricata_rules": ("rules",),
    "block": ("nft",),
    "learned_model": "site.model",
    "labels_file": "marks.json",
}
NAMES = {"learned_model": "model", "labels_file": "labels"}
"""Options that are not called like their setting."""


def test_the_documents_name_the_bound() -> None:
    bound = f"{memory_bound(Config()) / 2**30:.1f} GiB"
    limits = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    assert re.findall(r"In total this is ([\d.]+ GiB)", limits) == [bound]
    assert f"All limits reached at once would use {bound}" in (ROOT / "README.md").read_text(encoding="utf-8")
    for option, value in OPTIONAL.items():
        more = (memory_bound(replace(Config(), **{option: value})) - memory_bound(Config())) / 2**20
        name = NAMES.get(option, option.removesuffix("_rules").replace("_", "-"))
        assert re.search(rf"`--{name}`(?: adds)? {more:,.0f} MiB", limits), (option, more)


def test_the_documents_name_what_the_model_of_requests_adds() -> None:
    with_model = replace(Config(), detectors=(*Config().detectors, "unseen"))
    more = (memory_bound(with_model) - memory_bound(Config())) / 2**20
    assert f"the detector `unseen` {more:.0f} MiB" in (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")


ELSEWHERE = {
    "max_changes_per_hour", "max_top_hits",  # no memory
    "max_incidents", "max_incident_bytes",  # on disk
    "max_sensors", "max_sensor_connections",  # of the collector, a program of its own
    "max_front_connections",  # of the agent, another one
    "max_header_bytes", "max_header_table", "max_connection_buffer", "max_undecrypted_buffer",  # in max_total_buffer
    "max_inspected_body",  # the same
    "max_headers", "max_streams", "max_continuations", "max_pending_requests", "max_pending_lookups",
    "max_held_segments", "max_server_names",  # a connection, and its share of small tables
}  # fmt: skip
"""Limits that have no term of their own, and why."""


def test_each_limit_of_memory_is_in_the_bound() -> None:
    usual = replace(Config(), store="https://localhost", **OPTIONAL)
    limits = {each.name for each in fields(Config) if each.name.startswith("max_")}
    larger = {name: memory_bound(replace(usual, **{name: 2 * getattr(usual, name)})) for name in limits}
    assert {name for name, bound in larger.items() if bound <= memory_bound(usual)} == ELSEWHERE
