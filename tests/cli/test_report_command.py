"""Commands write the history of a run, and report on it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import exercise
from bench.make_capture import main as make_capture
from cli.report import report
from history.archive import SqliteArchive
from history.keep import Retention
from history.report import find_statistic

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("capture") / "made.pcap"
    make_capture([str(path), "--packets", "4000", "--loss", "0", "--seed", "1"])
    return path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "exercise.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_the_report_shows_what_a_run_counted(capture: Path, tmp_path: Path) -> None:
    history = tmp_path / "kept.db"
    read = run("-r", str(capture), "-p", "any", "--history", str(history), "-q", "--user", "root")
    assert (read.returncode, read.stderr) == (0, "")
    requests = int(next(line for line in read.stdout.splitlines() if "Requests" in line).split()[1].replace(",", ""))
    told = run("report", "--history", str(history), "--since", "2000-01-01", "--by", "domain", "-n", "1000", "--json")
    found = json.loads(told.stdout)
    assert (told.returncode, found["source"], found["requests"]) == (0, str(history), requests)
    assert sum(row["count"] for row in found["rows"]) == requests
    assert found["rows"][0]["response_seconds"]["p95"] > 0


def test_reading_a_file_writes_no_history_by_default(capture: Path, tmp_path: Path) -> None:
    before = set(Path(os.environ["STATE_DIRECTORY"]).iterdir())
    assert run("-r", str(capture), "-q", "--user", "root").returncode == 0
    assert set(Path(os.environ["STATE_DIRECTORY"]).iterdir()) == before


def test_a_failing_history_is_reported_and_changes_nothing_else(capture: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all" * 100)
    read = run("-r", str(capture), "-p", "any", "--history", str(broken), "--user", "root")
    assert read.returncode == 0
    assert "history disabled: cannot use the history in" in " ".join(read.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--history", "/nonexistent/x.db"], 1, "no history at /nonexistent/x.db"),
        (["--since", "yesterday"], 2, "--since and --until take a span such as 90m or 7d, or a day such as 2026-11-22"),
        (["--since", "1h", "--until", "2h"], 2, "--since must be earlier"),
        (["-p", "x"], 2, "argument -p"),
        (["-n", "-5"], 2, "argument -n/--rows: -5 is not a number from 1 to 10,000"),
    ],
)
def test_each_error_is_one_line(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        found = report(arguments, now=time.time())
    except SystemExit as end:
        found = int(str(end.code))
    error = capsys.readouterr().err
    assert (found, error.count("\n")) == (status, 1)
    assert said in error


def test_the_command_has_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        exercise.main(["report", "--help"])
    assert end.value.code == 0
    assert "--since" in capsys.readouterr().out


def test_the_report_lists_the_available_statistics(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "kept.db")
    SqliteArchive(path, Retention(), {"top_sections": "hits", "server_response_time": "seconds"}).close()
    assert report(["--history", path, "--list"]) == 0
    assert capsys.readouterr().out == "server_response_time   seconds\ntop_sections           hits\n"
    assert report(["--history", path]) == 1
    assert "contains no requests: the statistic request_rate was never enabled" in capsys.readouterr().err
    SqliteArchive(path, Retention(), {"request_rate": "hits"}).close()
    assert report(["--history", path, "--csv"]) == 0
    assert capsys.readouterr().out.startswith("key,count,total,")


@pytest.mark.parametrize(
    ("by", "name"),
    [
        ("section", "top_sections"),
        ("status", "top_status_codes"),
        ("method", "top_methods"),
        ("user-agent", "top_user_agents"),
        ("server_response_time", "server_response_time"),
        ("response", "server_response_time"),
    ],
)
def test_a_word_of_its_name_identifies_a_statistic(by: str, name: str) -> None:
    names = ["top_sections", "top_status_codes", "top_methods", "top_user_agents", "server_response_time"]
    assert find_statistic(by, dict.fromkeys(names, "hits")) == (name, "hits")


def test_an_unknown_statistic_is_reported_with_the_available_ones() -> None:
    with pytest.raises(KeyError, match="no statistic 'colour'; it has top_sections"):
        find_statistic("colour", {"top_sections": "hits"})


def test_ctrl_c_ends_the_report_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(path: str, keep: Retention) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.report.SqliteArchive", interrupt)
    assert exercise.main(["report"]) == 0
    assert capsys.readouterr() == ("", "")
