"""The program, locked down, with its full screen up in a terminal: all that it opens then still works."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pseudo_terminal import PseudoTerminal
from test_exercise import visits

from capture.lockdown import lockable
from capture.writer import PcapWriter

pytestmark = pytest.mark.skipif(not lockable(), reason="the core is not built, or not for this system")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[PseudoTerminal]:
    """The program with a capture file, started in the folder of the test."""
    writer = PcapWriter(str(tmp_path / "trace.pcap"))
    writer.write(visits((30, 2), path="/cart"))
    writer.close()
    given = ["-r", str(tmp_path / "trace.pcap"), "--ui", "full", "--user", "root"]
    terminal = PseudoTerminal(
        ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(tmp_path), sys.executable, str(ROOT / "exercise.py"), *given],
        environ={"STATE_DIRECTORY": str(tmp_path / "state")},
    )
    yield terminal
    terminal.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="STATE_DIRECTORY is for services")
def test_it_says_so_exports_exchanges_and_remembers_panels(terminal: PseudoTerminal, tmp_path: Path) -> None:
    terminal.wait_for("/cart")
    terminal.press("h")
    terminal.wait_for("seccomp")
    terminal.press("q")
    terminal.press("E")
    seen = terminal.wait_for(".jsonl")
    terminal.press("\r")
    terminal.wait_for("60 exchanges written", after=seen)
    (written,) = tmp_path.glob("*.jsonl")
    assert len(written.read_text().splitlines()) == 60
    terminal.press("p")
    terminal.press(" \r")
    terminal.wait_for("Panels", after=seen)
    terminal.press("q")
    terminal.press("q")
    assert terminal.end() == 0
    assert (tmp_path / "state" / "panels.json").exists()
