"""`exercise.py watch` as a command, with a store in memory in place of the one that it would open."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from fleet_program import COMMAND, STORE
from fleet_scene import NAMES
from jsonschema import Draft202012Validator

from cli.watch import parse_watch
from run.store_grants import store_grants

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "view.schema.json").read_text(encoding="ascii"))


def watch(*given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *given], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120, check=False)


def test_json_has_the_sums_and_the_sensors() -> None:
    done = watch(*STORE, "--ui", "json", "--duration", "4", "--set", "timeout=0.2")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        Draft202012Validator(SCHEMA).validate(line)
    last = lines[-1]
    assert last["final"]
    assert last["source"] == "fleet clickhouse://reader@db.example.com:8443/fleet"
    assert [sensor["name"] for sensor in last["fleet"]["sensors"]] == ["web-1", "web-2"]
    assert last["requests"] == 30 * 30
    assert [panel["name"] for panel in last["panels"]][:2] == ["top_sensors", "top_sections"]
    assert {panel["name"] for panel in last["panels"]} <= {*NAMES, "top_sensors"}  # what nobody sends has no panel


def test_the_console_shows_the_sensors_and_a_summary() -> None:
    done = watch(*STORE, "--ui", "console", "--duration", "2", "--only", "sensor:web-2", "--set", "timeout=0.2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "fleet clickhouse://reader@db.example.com:8443/fleet" in done.stdout
    assert "sensors 1 of 2" in done.stdout
    assert "web-1" not in done.stdout


def test_a_store_that_is_down_at_the_start_is_one_line() -> None:
    done = watch("--store", "clickhouse://reader@down.example.com/fleet", "--ui", "console")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "exercise.py: clickhouse://reader@down.example.com:8443/fleet cannot be reached: connection refused\n"
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "the following arguments are required: --store"),
        (["--store", "ftp://x"], "ftp:// is not a kind of store"),
        ([*STORE, "--only", "status:5xx"], "no status here: sums of sensors hold no single exchanges"),
        ([*STORE, "--group-by", "host"], "invalid choice: 'host'"),
        ([*STORE, "--ui", "full", "-q"], "--ui full and -q cannot be combined"),
    ],
)
def test_wrong_usage_is_one_line(given: Sequence[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_watch(given)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_options_are_read() -> None:
    given = parse_watch(
        [*STORE, "--group-by", "sensor", "--ignore", "old-*", "--ignore", "x", "-q", "--on-alert", "true"]
    )
    assert (given.by_sensor, given.ignored, given.shared.quiet) == (True, ("old-*", "x"), True)
    assert given.shared.settings == {"user": "root", "notice_command": "true"}


def test_a_locked_run_may_reach_its_store_and_nothing_else() -> None:
    remote = store_grants(parse_watch(["--store", "clickhouse://db/fleet?ca=ca.pem"]).store)
    assert (remote.connects, remote.write) == (True, ())
    assert str(Path("ca.pem").absolute()) in remote.read
    local = store_grants(parse_watch(["--store", "fleet"]).store)
    assert (local.connects, local.families) == (False, ())
    assert local.write == (str(Path("fleet").absolute()),)
