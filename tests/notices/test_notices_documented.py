"""docs/notices.md lists every fact and every setting, and its examples are correct."""

import json
import re
from pathlib import Path

import pytest
from notice_samples import DISMISSED, RAISED

from exercise_config import Config
from notices.bodies import alertmanager_body, json_body, slack_body
from notices.command import variables
from notices.notice import MAX_NAME, MAX_TEXT, Kind
from notices.syslog_format import FACILITIES
from notices.syslog_message import syslog_message
from settings.setting import settings_of

TEXT = (Path(__file__).parents[2] / "docs" / "notices.md").read_text(encoding="utf-8")


def table(heading: str) -> list[str]:
    """Return the first column of the table below a heading."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_every_fact_is_explained() -> None:
    body = json.loads(json_body(RAISED))
    assert ["version", *table("Fields of a notice")] == list(body)
    assert sorted(f"HTTP_MONITOR_{name.upper()}" for name in table("Fields of a notice")) == sorted(variables(RAISED))


def test_every_kind_is_explained() -> None:
    assert table("When a notice is sent") == [kind.value for kind in Kind]


def test_every_setting_is_named() -> None:
    names = [name for name in settings_of(Config) if name.startswith("notice_")]
    assert [name for name in names if f"`{name}" not in TEXT] == []
    assert {name for name in re.findall(r"`(notice_\w+)", TEXT) if name != "notice_"} == set(names)


def test_documented_defaults_are_correct() -> None:
    config = Config()
    for name, written in re.findall(r"`(notice_\w+)` \((\d+) s\)", TEXT):
        assert getattr(config, name) == int(written), name
    assert (config.notice_retry_limit, config.notice_queue) == (3600, 100)
    assert (MAX_TEXT, MAX_NAME) == (2048, 256)


@pytest.mark.parametrize(
    ("heading", "body"),
    [("json", json_body(DISMISSED)), ("slack", slack_body(RAISED)), ("alertmanager", alertmanager_body(DISMISSED))],
)
def test_documented_bodies_are_correct(heading: str, body: bytes) -> None:
    example = TEXT.split(f"### {heading}\n")[1].split("```json\n")[1].split("```")[0]
    assert json.loads(example) == json.loads(body)


def test_the_documented_syslog_message_is_correct() -> None:
    example = TEXT.split("## Syslog\n")[1].split("```\n")[1]
    assert example.rstrip("\n").encode() == syslog_message(RAISED, FACILITIES["daemon"], 4711)


def test_every_facility_can_be_set() -> None:
    assert set(settings_of(Config)["notice_syslog_facility"].choices) == set(FACILITIES)
