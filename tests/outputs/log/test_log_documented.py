"""docs/siem.md and docs/output.md say what the formats do."""

import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from log_samples import EACH
from notice_samples import RAISED

from cli.options import LOG_FORMATS
from exercise_config import Config
from notices.syslog_format import CRITICAL, INFORMATIONAL, USUAL_SIZE
from outputs.log.cef import COMMON, CUSTOM
from outputs.log.event import SEVERITY
from outputs.log.formats import FORMATS
from outputs.log.kinds import KINDS
from outputs.log.leef import PREDEFINED
from outputs.log.ocsf import SEVERITY as OCSF_SEVERITY
from outputs.log.syslog_sink import SEVERITIES
from settings.setting import settings_of
from traffic.finding import SEVERITIES as WORDS
from view.exchange_line import Discretion

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "siem.md").read_text(encoding="utf-8")
OUTPUT = (DOCS / "output.md").read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """Return the cells of the rows of all tables."""
    return [[cell.strip("` ") for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]


def section(name: str) -> str:
    return TEXT.split(f"\n## {name}\n")[1].split("\n## ")[0]


def test_the_keys_of_cef_are_those_of_the_tables() -> None:
    told = rows(section("CEF"))
    assert {row[0]: row[1] for row in told if len(row) == 2 and "." in row[0]} == dict(COMMON)
    custom = [(row[0], row[1], row[2], row[3]) for row in told if len(row) == 4 and "." in row[1]]
    assert custom == [(kind, field, *key) for kind, keys in CUSTOM.items() for field, key in keys.items()]


def test_the_keys_of_leef_are_those_of_the_table() -> None:
    assert {row[0]: row[1] for row in rows(section("LEEF")) if "." in row[0]} == dict(PREDEFINED)


def test_severities_are_those_of_the_table() -> None:
    told = {row[0]: row[1:4] for row in rows(section("Syslog")) if row[0] in WORDS}
    for word in WORDS:
        assert told[word][0].startswith(f"{SEVERITIES[word]} ")
        assert told[word][1:] == [str(SEVERITY[word]), str(OCSF_SEVERITY[word])]
    assert (INFORMATIONAL, CRITICAL, f"{USUAL_SIZE:,}" in TEXT) == (6, 2, True)


def test_formats_and_kinds_are_listed() -> None:
    told = [row[0].partition("`")[0] for row in rows(TEXT)]
    assert set(LOG_FORMATS) == set(FORMATS) == set(settings_of(Config)["log_format"].choices)
    assert {*FORMATS, *KINDS} <= {*told}
    assert set(get_args(get_args(get_type_hints(Config)["log_records"])[0])) == set(KINDS)


def test_every_setting_is_explained() -> None:
    ours = {name for name in settings_of(Config) if name.startswith("log_")} - {"log_headers", "log_timeout"}
    assert {name for name in ours if f"`{name}" not in TEXT and name != "log_format"} == set()
    assert "`log_timeout`" in TEXT


@pytest.mark.parametrize("name", ["alerts", "findings", "blocks"])
def test_every_field_of_alerts_findings_and_blocks_is_explained(name: str) -> None:
    part = OUTPUT.split(f"### {name.capitalize()}\n")[1].split("\n### ")[0]
    known = {*re.findall(r"`([a-z_]+\.[a-z_.]+)`", part), "@timestamp", "ecs.version", "message"}
    records = [record for kind, record in EACH if kind == name]
    fields = {field for record in records for field in KINDS[name].fields(record, Discretion())}
    usual = {"client.ip", "source.ip", "source.port", "destination.ip", "destination.port"}
    assert fields - usual <= known, fields - usual - known
    assert RAISED.kind.value in OUTPUT
