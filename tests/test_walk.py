"""Follows the walk in docs/architecture.md in a copy: it adds a statistic, a signal and an oddity."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wire import Talk, ok

from capture.writer import PcapWriter
from traffic.frame import Frame

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"```(python|diff) (\S+)\n(.*?)```\n", re.DOTALL)
LEFT_OUT = shutil.ignore_patterns(".*", "target", "build", "__pycache__")
BUCKET = 20
LARGE = 4000
"""Seconds that a signal judges as a whole, in packet time; learning takes one."""
START = 1000.0


def section() -> str:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return text.partition("## Adding a statistic, a signal and an oddity\n")[2].partition("\n## Errors\n")[0]


def apply(kind: str, path: Path, block: str) -> None:
    """Write a new file, or replace the one place of a diff."""
    if kind == "python":
        assert not path.exists()
        path.write_text(block, encoding="utf-8")
        return
    lines = block.splitlines()
    before = "\n".join(line[1:] for line in lines if line[:1] != "+")
    after = "\n".join(line[1:] for line in lines if line[:1] != "-")
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{path.name} has {text.count(before)} places like {before!r}"
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the program, changed according to the walk."""
    copy = tmp_path_factory.mktemp("walk") / "program"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    for kind, name, block in BLOCK.findall(section()):
        apply(kind, copy / name, block)
    return copy


def run(program: Path, *command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["HTTP_MONITOR_DECODER"] = "python"
    done = subprocess.run(command, cwd=program, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def upload(time: float, size: int, host: str = "Host: example.com\r\n") -> list[Frame]:
    head = f"POST /css/Site.CSS HTTP/1.1\r\n{host}Content-Length: {size}\r\n\r\n"
    client = "10.0.0.9" if size == LARGE else "10.0.0.1"
    talk = Talk(client_port=40000 + int(time), time=time, addresses=(client, "10.0.0.2"))
    return talk.client(head.encode() + bytes(size)).server(ok()).close().frames


@pytest.fixture(scope="module")
def told(program: Path) -> Any:
    """Return the output for two buckets of small uploads, one of large ones, and one without a host."""
    writer = PcapWriter(str(program / "small.pcap"))
    for second in range(0, 3 * BUCKET, 2):
        size = 100 if second < 2 * BUCKET else LARGE
        writer.write(upload(START + second, size))
    writer.write(upload(START + 3 * BUCKET + 5, 100, host=""))
    writer.close()
    settings = (f"average_bucket_size={BUCKET}", f"average_learning_duration={BUCKET}", "dashboard_bucket_size=10")
    options = [word for setting in settings for word in ("--set", setting)]
    command = (sys.executable, "exercise.py", "-r", "small.pcap", "--history", "none", "--ui", "json", "-q", *options)
    (line,) = run(program, *command).splitlines()
    return json.loads(line)


def test_the_walk_writes_two_files_and_changes_five_places() -> None:
    found = [(kind, name) for kind, name, _ in BLOCK.findall(section())]
    assert found == [
        ("python", "stats/hits_by_file_type.py"),
        ("diff", "exercise_config.py"),
        ("python", "alerting/signals/volume_in.py"),
        ("diff", "exercise_config.py"),
        ("diff", "traffic/readers.py"),
        ("diff", "docs/oddities.md"),
        ("diff", "core/wire/src/http/messages.rs"),
    ]


def test_the_statistic_has_a_panel_in_its_position(told: Any) -> None:
    assert [panel["name"] for panel in told["panels"]][:2] == ["hits_by_file_type", "top_sections"]
    (row,) = told["panels"][0]["rows"]
    assert (row["key"], row["window"]["count"]) == (".css", 3 * BUCKET // 2 + 1)


def test_the_signal_alerts_and_names_the_client(told: Any) -> None:
    assert [signal["name"] for signal in told["signals"]][:2] == ["request_rate", "volume_in"]
    assert told["signals"][1]["state"] == "ALERT"
    (alert,) = [alert for alert in told["alerts"] if alert["signal"] == "volume_in"]
    assert (alert["baseline"], alert["value"]) == (50, 2000)
    assert [(one["kind"], one["name"]) for one in alert["contributors"]] == [("client", "10.0.0.9")]


def test_the_oddity_is_counted(told: Any) -> None:
    assert told["health"]["oddities"] == [{"name": "no Host field", "count": 1}]


def test_the_copy_passes_the_checks_of_documents_and_style(program: Path) -> None:
    pages = ("tests/test_oddities_documented.py", "tests/stats/test_documented.py", "tests/test_layout.py")
    run(program, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *pages)
    run(program, sys.executable, "-m", "ruff", "check", "--no-cache", ".")
    run(program, sys.executable, "-m", "ruff", "format", "--no-cache", "--check", ".")


@pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is missing")
def test_the_core_compiles_with_the_oddity(program: Path) -> None:
    run(program / "core", "cargo", "check", "--quiet", "--package", "wire")
