"""`incident.json` is read as it was written, and refused if it is anything else."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from incident_samples import ALERT, HOSTILE, LESSONS, START, incident

from capture.errors import CaptureError
from exercise_config import Config
from incidents.record import LONGEST, is_judged_by, record, recorded
from settings.setting import settings_of


def written(folder: Path, change: Any = None) -> Path:
    found = json.loads(record(incident()))
    if change is not None:
        change(found)
    (folder / "incident.json").write_text(json.dumps(found))
    return folder


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = recorded(written(tmp_path))
    assert found.packets == tmp_path / "packets.pcapng"
    assert (found.source, found.host, str(found.ports), found.only) == ("eth0 port 80", "web1", "80", "")
    assert found.settings == {"average_threshold": 10, "signals": ("request_rate",)}
    assert found.lessons == LESSONS
    assert [(each.signal, each.start, each.explanation) for each in found.alerts] == [
        ("request_rate", START, ALERT.explanation)
    ]
    assert found.opens == START - 120


def test_only_settings_that_decide_what_alerts_are_taken(tmp_path: Path) -> None:
    def add(found: dict[str, Any]) -> None:
        found["settings"] |= {"notice_command": "/tmp/evil", "statistics_folder": "/tmp", "response_time_floor": 5}

    assert {*recorded(written(tmp_path, add)).settings} == {"average_threshold", "signals", "response_time_floor"}


def test_no_setting_that_names_a_file_or_a_command_decides_what_alerts() -> None:
    texts = {name for name, setting in settings_of(Config).items() if setting.base is str and not setting.choices}
    assert [name for name in texts if is_judged_by(name)] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 2),
        ("alerts", []),
        ("alerts", [{"signal": 5, "start": 1, "explanation": ""}]),
        ("alerts", [{"signal": "x", "start": float("nan"), "explanation": ""}]),
        ("alerts", 7),
        ("bucket_size", -1),
        ("bucket_size", 1e300),
        ("ports", "99999999"),
        ("source", None),
        ("settings", []),
        ("lessons", {"request_rate": {"baselines": {"": float("inf")}}}),
        ("lessons", {"request_rate": {"baselines": {"": 1}, "usual": {"seconds": 1, "counted": {"x": 1}}}}),
        ("lessons", {"request_rate": 5}),
    ],
)
def test_a_damaged_record_is_one_line(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(CaptureError, match=r"is damaged, or of another version; read .*packets.pcapng instead"):
        recorded(written(tmp_path, lambda found: found.update({name: value})))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, "{" + " " * LONGEST])
def test_other_text_is_one_line_too(tmp_path: Path, text: str) -> None:
    (tmp_path / "incident.json").write_text(text)
    with pytest.raises(CaptureError, match="is damaged"):
        recorded(tmp_path)


def test_another_folder_is_not_an_incident(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"a directory without incident\.json, not an incident"):
        recorded(tmp_path)


JSON = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.floats()
    | strategies.integers()
    | strategies.text(max_size=5),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(max_size=5), inner),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(strategies.sampled_from([*json.loads(record(incident()))]), JSON)
def test_no_value_is_believed_unseen(tmp_path: Path, name: str, value: Any) -> None:
    try:
        found = recorded(written(tmp_path, lambda found: found.update({name: value})))
    except CaptureError:
        return
    assert all(0 <= each.start < 1e15 for each in found.alerts)
    assert all(isinstance(each.explanation, str) for each in found.alerts)


def test_texts_from_the_wire_are_escaped_in_json() -> None:
    assert HOSTILE not in record(incident())
    assert record(incident()).isascii()
