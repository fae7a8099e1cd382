"""The command keeps the evidence of an alert in a folder, and `-r` of the folder raises the alert again."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import datetime, timezone
from io import StringIO
from pathlib import Path

import pytest
from scene import BUCKET, START, Scene, Visit

import exercise
from capture.open import open_file
from run import opening
from view import figures

HOSTILE = "/cart/<script>alert(1)</script>|`x`"
ALERT = START + 3 * BUCKET
NAME = "20231114T221920Z-request_rate"
FILES = ["exchanges.jsonl", "incident.json", "packets.pcapng", "summary.md", "view.html", "view.json"]
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command without switching to another user; return its status and what it wrote."""
    monkeypatch.setattr(opening, "give_up_rights", lambda *arguments: None)

    def run(*arguments: object) -> tuple[int, str, str]:
        status = exercise.main(["-q", "--user", "root", *map(str, arguments)])
        written = capsys.readouterr()
        return status, written.out, written.err

    return run


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a capture of a quiet site that one client floods with failing requests, before the third bucket ends."""
    scene = Scene()
    scene.given(0, 3 * BUCKET + 30)
    for number in range(300):
        status = 503 if number % 3 == 0 else 200
        scene.visit(300 + number / 10, Visit("203.0.113.9", f"{HOSTILE}?{number}", status=status, seconds=0.4))
    path = tmp_path_factory.mktemp("incident") / "flood.pcap"
    scene.write(path)
    return path


@pytest.fixture(scope="module")
def bundle(capture: Path) -> Path:
    """Return the folder of its incident, which tests only read."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()):
        patch.setattr(opening, "give_up_rights", lambda *arguments: None)
        arguments = ["-q", "--user", "root", "-r", str(capture), "--incidents", str(capture.parent / "kept")]
        assert exercise.main(arguments) == 0
    return capture.parent / "kept" / NAME


def alerts(output: str) -> list[str]:
    """Return the lines about alerts, without where their evidence is."""
    lines = [line for line in output.splitlines() if "generated an alert" in line]
    return [re.sub("; evidence in .*", "", line) for line in lines]


def times(path: Path) -> list[float]:
    source, found = open_file(str(path)), []
    while (frames := source.read()) is not None:
        found += [float(time) for time in frames.times]
    source.close()
    return found


def test_the_folder_has_everything_and_only_its_owner_can_read_it(bundle: Path) -> None:
    assert sorted(path.name for path in bundle.iterdir()) == FILES
    assert [stat.S_IMODE(path.stat().st_mode) for path in (bundle.parent, bundle)] == [0o700, 0o700]
    assert {stat.S_IMODE(path.stat().st_mode) for path in bundle.iterdir()} == {0o600}


def test_alerts_that_are_raised_together_are_one_incident(command: Command, capture: Path, tmp_path: Path) -> None:
    _, output, _ = command("-r", capture, "--incidents", tmp_path)
    lines = [line for line in output.splitlines() if "generated an alert" in line]
    assert len(lines) == 3
    assert all(line.endswith(f"; evidence in {tmp_path / NAME}") for line in lines)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    found = json.loads((tmp_path / NAME / "incident.json").read_text())
    assert [alert["signal"] for alert in found["alerts"]] == ["request_rate", "error_ratio_5xx", "response_time"]


def test_the_packets_are_those_of_the_bucket_and_of_some_seconds_after_it(bundle: Path, capture: Path) -> None:
    expected = [time for time in times(capture) if ALERT - BUCKET - 10 <= time < ALERT + 10]
    kept = times(bundle / "packets.pcapng")
    assert kept[-len(expected) :] == pytest.approx(expected, abs=1e-6)
    assert kept[0] > ALERT - BUCKET - 20, "whole batches, which may begin a little earlier"


def test_the_exchanges_are_those_of_the_log(bundle: Path, command: Command, capture: Path, tmp_path: Path) -> None:
    command("-r", capture, "--log", tmp_path / "all.jsonl")
    begin, end = (datetime.fromtimestamp(ALERT + shift, timezone.utc) for shift in (-BUCKET - 10, 10))
    lines = (tmp_path / "all.jsonl").read_text().splitlines()
    wanted = [
        line for line in lines if begin <= datetime.fromisoformat(json.loads(line)["event.end"][:-1] + "+00:00") < end
    ]
    assert len(wanted) == 860, "four a second for 140 s, and 300 of the flood"
    assert (bundle / "exchanges.jsonl").read_text().splitlines() == wanted


@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
def test_tshark_reads_the_packets_and_shows_the_alert(bundle: Path) -> None:
    path = str(bundle / "packets.pcapng")
    asked = ["tshark", "-r", path, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.comment"]
    rows = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(rows) == len(times(bundle / "packets.pcapng"))
    ((time, comment),) = (row.split("\t") for row in rows if row.rstrip().count("\t"))
    assert float(time) == ALERT
    assert comment.startswith("ALERT request_rate: High traffic generated an alert - hits = 780")
    assert "ALERT error_ratio_5xx: " in comment


def test_a_replay_of_the_folder_raises_the_same_alerts(
    bundle: Path, command: Command, capture: Path, tmp_path: Path
) -> None:
    _, first, _ = command("-r", capture)
    status, again, errors = command("-r", bundle)
    assert status == 0
    assert len(alerts(first)) == 3
    assert alerts(again) == alerts(first), "the same values, limits, contributors and times"
    assert f"incident of {figures.moment(ALERT, None)} on " in errors
    assert errors.endswith(f"; and 2 more alerts; see {bundle / 'summary.md'}\n")


def test_a_replay_uses_the_settings_and_ports_of_the_run(command: Command, capture: Path, tmp_path: Path) -> None:
    settings = ("--set", "average_threshold=60", "--set", "signals=request_rate", "--set", "dashboard_bucket_size=5")
    _, first, _ = command("-r", capture, "-p", "80,8080", "--incidents", tmp_path, *settings)
    (folder,) = tmp_path.iterdir()
    _, again, _ = command("-r", folder)
    assert "(limit 768)" in first
    assert alerts(again) == alerts(first)
    assert "packets.pcapng port 80,8080" in again.replace("\n          ", "")
    _, changed, _ = command("-r", folder, "--set", "average_threshold=70")
    assert alerts(changed) == [], "the command line comes first"


def test_hostile_texts_are_escaped_everywhere(bundle: Path) -> None:
    assert "<script" not in (bundle / "view.html").read_text()
    assert "&lt;script" in (bundle / "view.html").read_text()
    summary = (bundle / "summary.md").read_text()
    assert r"`` example.com/cart/<script>alert(1)</script>\|`x` ``" in summary


def test_without_alerts_nothing_is_kept(command: Command, capture: Path, tmp_path: Path) -> None:
    command("-r", capture, "--incidents", tmp_path, "--set", "average_threshold=1000", "--set", "signals=request_rate")
    assert [*tmp_path.iterdir()] == []


def test_without_the_option_no_folder_is_made(command: Command, capture: Path, tmp_path: Path) -> None:
    _, output, _ = command("-r", capture)
    assert "evidence" not in output


def test_reading_a_file_keeps_nothing_because_of_a_settings_file(
    command: Command, bundle: Path, capture: Path, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text(f"incidents = '{tmp_path / 'kept'}'")
    for path in (capture, bundle):
        _, output, _ = command("-r", path, "--config", tmp_path / "settings.toml")
        assert len(alerts(output)) == 3
    assert not (tmp_path / "kept").exists()


def test_room_for_too_few_packets_is_told(command: Command, capture: Path, tmp_path: Path) -> None:
    command("-r", capture, "--incidents", tmp_path, "--set", "incident_bytes=100000")
    summary = (tmp_path / NAME / "summary.md").read_text()
    assert re.search(r"The packets begin only \d+ s before the alert, not 2 min 10 s", summary)
    assert re.search(r"\d+ packets? after the alert had no room", summary)


def test_few_exchanges_are_told(command: Command, capture: Path, tmp_path: Path) -> None:
    command("-r", capture, "--incidents", tmp_path, "--set", "max_recent_exchanges=100")
    summary = (tmp_path / NAME / "summary.md").read_text()
    assert "The exchanges begin only 25 s before the alert, not 2 min 10 s (`max_recent_exchanges`)." in summary


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_told_and_the_run_goes_on(
    command: Command, capture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from incidents import bundle

    def full(path: str, flags: int, mode: int = 0) -> int:
        return os.open("/dev/full" if path.endswith("packets.pcapng") else path, flags, 0o600)

    monkeypatch.setattr(bundle, "open_owner_only", full)
    status, output, errors = command("-r", capture, "--incidents", tmp_path)
    assert status == 1
    assert len(alerts(output)) == 3
    assert "evidence of an alert is missing or incomplete: writing to " in errors
    assert errors.rstrip().endswith("packets.pcapng failed: No space left on device")
    assert "**Incomplete:** writing failed: `writing to " in (tmp_path / NAME / "summary.md").read_text()


def test_a_folder_that_cannot_be_made_is_one_line(command: Command, capture: Path, tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "no" / "such", "No such file or directory"), (capture, "Not a directory")):
        status, output, errors = command("-r", capture, "--incidents", path)
        assert (status, output) == (1, "")
        assert errors.endswith(f"cannot keep incidents in {path}: {reason}; use another folder with --incidents\n")
        assert errors.count("\n") == 1


def test_a_record_from_elsewhere_cannot_write_to_the_terminal(bundle: Path, command: Command, tmp_path: Path) -> None:
    found = json.loads((bundle / "incident.json").read_text())
    found["alerts"][0]["explanation"] = found["host"] = "\x1b[2J\u202e\n"
    (tmp_path / "incident.json").write_text(json.dumps(found))
    shutil.copy(bundle / "packets.pcapng", tmp_path)
    _, output, errors = command("-r", tmp_path)
    assert r"on \x1b[2J\u202e\n, " in errors
    assert "\x1b" not in output + errors


def test_another_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    program = [
        sys.executable,
        str(exercise.__file__),
        "-r",
        str(tmp_path),
    ]  # which reads its arguments before it loads itself
    ended = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    refused = f"cannot read {tmp_path}: it is a directory without incident.json, not an incident"
    assert ended.stderr == f"exercise.py: {refused}\n"


def test_settings_of_a_strange_record_are_refused_in_one_line(bundle: Path, command: Command, tmp_path: Path) -> None:
    record = tmp_path / "incident.json"
    found = json.loads((bundle / "incident.json").read_text())
    for name, value in (("signals", 5), ("average_threshold", "x"), ("response_time_colour", 1)):
        record.write_text(json.dumps({**found, "settings": {name: value}}))
        status, _, errors = command("-r", tmp_path)
        assert status == 2
        assert errors.startswith(f"exercise.py: {tmp_path}: ")
        assert "Traceback" not in errors
