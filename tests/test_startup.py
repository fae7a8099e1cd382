"""Checks the imports before the program responds, which take most of the time of `--help`."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def imported(*arguments: str) -> tuple[set[str], int]:
    """Return the modules that a run imports, and its exit status."""
    command = [sys.executable, "-X", "importtime", "exercise.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE)), done.returncode


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--help"], 0), (["--version"], 0), (["--no-such-option"], 2), (["-c", "0"], 2)]
)
def test_options_answered_by_the_command_line_load_nothing_else(arguments: list[str], status: int) -> None:
    modules, ended = imported(*arguments)
    assert ended == status
    assert "cli.arguments" in modules
    assert modules.isdisjoint({"scapy", "textual", "run.session", "view.view", "store.store", "asyncio", "ssl"})


def test_a_run_does_not_load_optional_modules() -> None:
    modules, status = imported("--show-config")
    assert status == 0
    assert "run.session" in modules
    assert modules.isdisjoint(
        {
            "textual",
            "rich",
            "scapy.all",
            "requests",
            "prometheus_client",
            "smtplib",
            "shtab",
            "sqlite3",
            "asyncio",
            "re2",
        }
    )
