"""A capture file shows whom the settings would have blocked, the same each time, and no front is ever told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from attack_scenes import path_scan

from capture.writer import PcapWriter

ROOT = Path(__file__).parents[2]
CLIENT = "203.0.113.7"


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("trace") / "scan.pcap"
    writer = PcapWriter(str(path))
    writer.write(path_scan(0.0, CLIENT))
    writer.close()
    return str(path)


def read(trace: str, log: Path, *more: str) -> str:
    words = [sys.executable, str(ROOT / "exercise.py"), "-r", trace, "-p", "any", "-q", "--log", str(log), *more]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_file_shows_who_would_have_been_blocked(trace: str, tmp_path: Path) -> None:
    told = [read(trace, tmp_path / name, "--block", "nft", "--block-dry-run=false") for name in ("a.log", "b.log")]
    assert told[0] == told[1]
    assert f"Would block {CLIENT} for 600 s: path_scan" in told[0]
    assert (tmp_path / "a.log").read_bytes() == (tmp_path / "b.log").read_bytes()
    lines = [json.loads(line) for line in (tmp_path / "a.log").read_text().splitlines()]
    blocks = [line for line in lines if "http_monitor.blocked" in line]
    assert (blocks[0]["event.action"], blocks[0]["http_monitor.dry_run"]) == ("blocked", True)


def test_the_allow_list_spares_and_without_the_option_nobody_is_blocked(trace: str, tmp_path: Path) -> None:
    spared = read(trace, tmp_path / "log", "--block", "nft", "--set", f"block_allow={CLIENT}")
    assert "block" not in spared.replace("Blocked   0 blocks in a dry run: no front was told", "")
    assert "lock" not in read(trace, tmp_path / "log").replace("clock", "")
