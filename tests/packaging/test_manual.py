"""Checks the contents of the manual page, and that man and mandoc report no problem."""

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from cli.options import make_parser
from exercise_config import Config

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = subprocess.run([sys.executable, "packaging/manual.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    path = tmp_path_factory.mktemp("man") / "exercise.1"
    path.write_text(made.stdout, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shown(page: Path) -> str:
    """Return the page as plain text without line breaks in paragraphs."""
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    arguments = ["mandoc", "-T", "utf8", "-O", "width=500", str(page)]
    text = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    return re.sub(".\b", "", text)


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_mandoc_finds_no_fault(page: Path) -> None:
    linted = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(page)], capture_output=True, text=True)
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("groff") is None or shutil.which("man") is None, reason="man is not installed")
def test_man_finds_no_fault(page: Path) -> None:
    read = subprocess.run(["man", "--warnings", "-l", str(page)], capture_output=True, text=True)
    assert (read.returncode, read.stderr) == (0, "")


def test_it_has_every_option_with_its_help(shown: str) -> None:
    parser = make_parser("exercise")
    helped = parser._get_formatter()
    for action in (action for action in parser._actions if action.dest != "help"):
        assert f"{action.option_strings[-1]}" in shown
        assert helped._expand_help(action) in shown


def test_it_has_every_setting_with_its_default(shown: str) -> None:
    assert [field.name for field in fields(Config) if f"       {field.name} = " not in shown] == []
    assert "       average_threshold = 10\n" in shown
    assert "alert. A number from 0 to 1,000,000 percent.\n" in shown


def test_it_has_the_usual_sections(shown: str) -> None:
    headings = re.findall(r"^[A-Z ]+$", shown, re.MULTILINE)
    assert headings == [
        "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "SETTINGS", "FILES", "ENVIRONMENT", "SIGNALS",
        "EXIT STATUS", "SEE ALSO",
    ]  # fmt: skip
    assert "exercise - a passive HTTP monitor" in shown
    assert re.search(r"^ +exercise -r trace\.pcap +read a capture file", shown, re.MULTILINE)
    assert "exercise.py" not in shown
