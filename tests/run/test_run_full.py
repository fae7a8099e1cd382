"""A run gets the screen that fits, and an error if that is impossible."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.arguments import parse_arguments
from exercise_config import Config, SettingError
from run import full
from run.full import brisk, can_show, chosen_ui

ROOT = Path(__file__).parents[2]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full, "can_show", lambda: True)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(
    ("arguments", "ui"),
    [
        ([], "full"),
        (["--ui", "console"], "console"),
        (["--ui", "json"], "json"),
        (["--ui", "full"], "full"),
        (["-q"], "console"),
        (["--log", "-"], "console"),
        (["-w", "-"], "console"),
        (["-r", "-"], "console"),
        (["-r", __file__], "full"),
        (["--demo"], "full"),
    ],
)
def test_a_terminal_gets_the_full_screen_unless_an_option_excludes_it(arguments: list[str], ui: str) -> None:
    assert chosen_ui(parse_arguments(arguments)).ui == ui


def test_other_outputs_get_the_console() -> None:
    assert not can_show({"TERM": "xterm"}), "tests have no terminal"
    assert chosen_ui(parse_arguments([])).ui == "console"
    with pytest.raises(SettingError, match="--ui full needs a terminal"):
        chosen_ui(parse_arguments(["--ui", "full"]))


@pytest.mark.usefixtures("terminal")
def test_the_full_screen_rejects_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert chosen_ui(parse_arguments(["-r", str(tmp_path / "pipe")])).ui == "console"
    with pytest.raises(SettingError, match="cannot read from a pipe; use a regular file"):
        chosen_ui(parse_arguments(["-r", str(tmp_path / "pipe"), "--ui", "full"]))


@pytest.mark.parametrize("arguments", [["-q"], ["--log", "-"], ["-w", "-"]])
def test_some_options_exclude_the_full_screen(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_arguments(["--ui", "full", *arguments])
    assert ended.value.code == 2
    assert "--ui full" in capsys.readouterr().err


def test_records_are_taken_at_least_once_a_second() -> None:
    assert brisk(Config()).timeout == 1
    assert brisk(Config(timeout=0.5)).timeout == 0.5


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["--show-config"], ["-r", "nothing.pcap", "--ui", "console"]]
)
def test_textual_is_imported_only_when_the_full_screen_is_shown(arguments: list[str]) -> None:
    code = "import sys, exercise\ntry: exercise.main(sys.argv[1:])\nfinally: print('textual' in sys.modules)"
    command = [sys.executable, "-c", code, *arguments]
    result: Any = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stdout.splitlines()[-1:] == ["False"], result.stderr
