"""SIGUSR1 prints a status summary on standard error, and changes nothing else."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest
from view_samples import CALM as VIEW

from capture.core import decoder_name
from dashboard.screen import Screen
from dashboard.summary import standing
from run.health import HealthAnswer, voice

ANSWER = f"{standing(VIEW)}\n Decoder   {decoder_name()}"
ROOT = Path(__file__).parents[2]
live_only = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="capturing on loopback needs root on Linux"
)


@pytest.fixture(autouse=True)
def _handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


def ask() -> None:
    os.kill(os.getpid(), signal.SIGUSR1)


def test_the_next_view_after_the_signal_is_printed_once() -> None:
    said: list[str] = []
    wanted: list[bool] = []
    health = HealthAnswer(said.append, lambda: wanted.append(True))
    health.show(VIEW, refreshed=True)
    assert (said, wanted) == ([], [])
    ask()
    assert (said, wanted) == ([], [True])
    health.show(VIEW, refreshed=False)
    health.show(VIEW, refreshed=True)
    assert said == [ANSWER]


def test_a_signal_before_the_first_view_is_remembered() -> None:
    said: list[str] = []
    wanted: list[bool] = []
    health = HealthAnswer(said.append, lambda: wanted.append(True))
    ask()
    assert wanted == [True]
    health.finish(VIEW)
    assert said == [ANSWER]


def test_it_says_what_is_locked_down() -> None:
    said: list[str] = []
    health = HealthAnswer(said.append, lambda: None, "files (Landlock 3)")
    ask()
    health.finish(VIEW)
    assert said == [f"{ANSWER}\n Locked    files (Landlock 3)"]


def test_state_oddities_and_warnings_are_printed_with_the_summary() -> None:
    health = replace(VIEW.health, oddities=(("checksum", 12),), warnings=("eth0 is down",))
    lines = standing(replace(VIEW, state="NORMAL", health=health)).splitlines()
    assert lines[0] == " State     ENFORCING"
    assert lines[1].startswith(" Watched   ")
    assert lines[-2:] == [" Oddities  12 checksum", " Attention eth0 is down"]


def test_the_summary_goes_to_standard_error_if_that_is_not_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    voice(Screen(sys.stdout), None)("hello")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\n")


def test_the_full_screen_keeps_the_summary() -> None:
    kept: list[str] = []
    voice(Screen(sys.stdout), kept.append)("hello")
    assert kept == ["hello"]


LOADING = """
import os, runpy, signal, sys
sys.addaudithook(lambda event, facts: os.kill(os.getpid(), signal.SIGUSR1) if (event, facts[:1]) == HOOK else None)
HOOK = ("import", ("scapy",))
sys.argv = ["exercise.py", "--show-config"]
sys.modules["__main__"].__file__ = "exercise.py"
import exercise
"""


def test_a_signal_while_the_program_loads_does_not_end_it() -> None:
    done = subprocess.run([sys.executable, "-c", LOADING], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# The command ----------------------------------------------------------------------------------------------------------


def visit(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def wait_for(holds: Callable[[], bool], what: str, meanwhile: Callable[[], None]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, what
        meanwhile()
        time.sleep(0.1)


@live_only
def test_an_enforcing_monitor_answers_between_two_refreshes(web_port: int, tmp_path: Path) -> None:
    """Refreshes are 12 s apart, so without the signal no View would have more than five requests."""
    rhythm = ("timeout=0.2", "dashboard_bucket_size=12", "average_bucket_size=3600", "average_learning_duration=1")
    sets = [part for text in rhythm for part in ("--set", text)]
    command = [
        sys.executable,
        str(ROOT / "exercise.py"),
        "-i",
        "lo",
        "-p",
        str(web_port),
        "--user",
        "root",
        "-q",
        "--history",
        "none",
        *sets,
    ]
    errors, output = tmp_path / "errors", tmp_path / "output"

    def visit_and_ask() -> None:
        visit(web_port)
        process.send_signal(signal.SIGUSR1)

    with errors.open("wb") as err, output.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=err)
    try:
        threads = Path(f"/proc/{process.pid}/task")
        wait_for(lambda: len(list(threads.iterdir())) > 1, "the capture thread", lambda: None)
        learned = "the answers of a monitor that has learned"
        wait_for(lambda: errors.read_text().count("ENFORCING") > 5, learned, visit_and_ask)
        assert re.search(
            r"^ State     ENFORCING\n Watched   lo port .*\n Captured .* 0 dropped$", errors.read_text(), re.M
        )
        assert process.poll() is None
        assert "State" not in output.read_text()
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0, errors.read_text()


def test_how_sending_stands_is_asked_when_it_is_printed() -> None:
    said: list[str] = []
    words = iter(["https://store as web-1: last sent 10:00:00, 3 records waiting", ""])
    health = HealthAnswer(said.append, lambda: None, sending=lambda: next(words))
    for _ in range(2):
        ask()
        health.show(VIEW, refreshed=True)
    assert said == [f"{ANSWER}\n Store     https://store as web-1: last sent 10:00:00, 3 records waiting", ANSWER]
