"""Completes command lines in real shells by pressing Tab."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.build import COMMAND
from cli.completion import completion
from cli.options import make_parser

SHELLS = ("bash", "zsh", "fish")
ROOT = Path(__file__).resolve().parents[2]
PROMPT = "ready> "
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "PS1='ready''> '; source complete.bash"),
    "zsh": (["zsh", "-f", "-i"], "fpath=($PWD $fpath); autoload -Uz compinit; compinit -D -u; PS1='ready''> '"),
}
LINES = {
    "exercise --show-c": "exercise --show-config ",
    "exercise anom": "exercise anomalies ",
    "exercise signals ackn": "exercise signals acknowledge ",
    "exercise --set average_thr": "exercise --set average_threshold=",
    "exercise -q --set log_cred": "exercise -q --set log_credentials=",
    "exercise -r trace-of-mon": "exercise -r trace-of-monday.pcap ",
    "exercise --config sett": "exercise --config settings-of-mine.toml ",
    "exercise --protocols webs": "exercise --protocols websocket ",
    "exercise --user daem": "exercise --user daemon ",
    "exercise --print-completion f": "exercise --print-completion fish ",
}
if sys.platform.startswith("linux"):
    LINES["exercise -i an"] = "exercise -i any "


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion")
    (path / "trace-of-monday.pcap").touch()
    (path / "settings-of-mine.toml").touch()
    for shell in SHELLS:
        (path / f"complete.{shell}").write_text(completion(make_parser(COMMAND), shell))
    (path / "complete.zsh").rename(path / "_exercise")  # in one of the folders of $fpath
    return path


class Terminal:
    """A shell on a pseudo-terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def until(self, awaited: str, seconds: float = 60) -> str:
        """Return the output up to and including `awaited`, or all of it after a time-out."""
        printed, end = "", time.monotonic() + seconds
        while awaited not in printed and select.select([self._descriptor], [], [], max(0, end - time.monotonic()))[0]:
            printed += os.read(self._descriptor, 4096).decode(errors="replace")
        return printed


@contextmanager
def shell_at_terminal(shell: str, folder: Path) -> Iterator[Terminal]:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    command, first_line = START[shell]
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "dumb", "COLUMNS": "200", "HOME": str(folder), "ZDOTDIR": str(folder)}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment, start_new_session=True
    )
    os.close(theirs)
    try:
        terminal = Terminal(ours)
        terminal.type(first_line + "\n")
        assert PROMPT in terminal.until(PROMPT)
        yield terminal
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.mark.parametrize("shell", START)
def test_tab_completes_the_line(shell: str, folder: Path) -> None:
    with shell_at_terminal(shell, folder) as terminal:
        for typed, completed in LINES.items():
            terminal.type(f"{typed}\t")
            assert completed in terminal.until(completed), f"{shell} makes nothing of {typed!r}"
            terminal.type("\x15")  # takes the line away


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize("typed", LINES)
def test_fish_completes_the_line(typed: str, folder: Path) -> None:
    asked = f"source complete.fish; complete --do-complete '{typed}'"
    environment = {**os.environ, "HOME": str(folder)}
    done = subprocess.run(
        ["fish", "--no-config", "-c", asked], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    candidates = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    assert candidates == [LINES[typed].split()[-1]]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_is_in_the_script(shell: str) -> None:
    script = completion(make_parser(COMMAND), shell)
    long = [text for action in make_parser("exercise")._actions for text in action.option_strings if text[:2] == "--"]
    assert "--set" in long
    assert [text for text in long if text.removeprefix("--" if shell == "fish" else "") not in script] == []


@pytest.mark.parametrize("option", ["--print-completion=bash", "--help"])
def test_a_reader_that_has_gone_is_no_error(option: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "exercise.py", option], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=True
    )
    os.close(writing)
    assert done.stderr == b""


def test_the_command_prints_the_script() -> None:
    done = subprocess.run(
        [sys.executable, "exercise.py", "--print-completion", "zsh"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == completion(make_parser(COMMAND), "zsh") + "\n"
    assert done.stdout.startswith("#compdef exercise\n")
