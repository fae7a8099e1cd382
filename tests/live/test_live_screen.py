"""Runs the full screen in tmux while nginx serves wrk: it matches the access log, and obeys keys."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from . import clients
from .monitor import command
from .test_live import free_port
from .web_server import totals, web_server

MISSING = [tool for tool in ("nginx", "wrk", "curl", "tmux") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
PATIENCE = 60.0
"""Seconds until a test gives up."""


class Session:
    """A tmux terminal with its own server, in which the program runs."""

    def __init__(self, folder: Path, columns: int, lines: int) -> None:
        self._socket = str(folder / "tmux")
        self._size = ["-x", str(columns), "-y", str(lines)]

    def run(self, arguments: list[str]) -> None:
        """Run a command; the terminal stays open when it ends."""
        shell = f"{shlex.join(arguments)}; echo status $?; sleep 1000"
        self._tmux("-f", "/dev/null", "new-session", "-d", *self._size, f"LC_ALL=C.UTF-8 {shell}")

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, lines: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def text(self) -> str:
        return self._tmux("capture-pane", "-p")

    def wait(self, what: str, holds: Callable[[str], object]) -> str:
        """Wait until the screen shows a text, and return the screen."""
        deadline = time.monotonic() + PATIENCE
        while not holds(text := self.text()):
            assert time.monotonic() < deadline, f"waited in vain for {what}:\n{text}"
            time.sleep(0.1)
        return text

    def close(self) -> None:
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], capture_output=True, check=False)

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(["tmux", "-S", self._socket, *arguments], capture_output=True, text=True, check=True)
        return done.stdout


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    session = Session(tmp_path, 120, 40)
    yield session
    session.close()


def hits(text: str, key: str) -> int:
    """Return the count in a row of the screen; 0 if there is none."""
    found = re.search(rf"^ [ ▸] {re.escape(key)} +([\d,]+) ", text, re.MULTILINE)
    return int(found[1].replace(",", "")) if found else 0


def test_the_screen_matches_the_access_log_and_obeys_keys(tmp_path: Path, session: Session) -> None:
    port = free_port()
    arguments = command("-i", "lo", "-p", str(port), "--history", "none", timeout=0.2, dashboard_bucket_size=1)
    with web_server(tmp_path / "web", ["127.0.0.1"], port) as server:
        session.run(arguments)
        session.wait("the screen", lambda text: "Requests/s" in text and "Quit" in text)
        clients.wrk(f"http://127.0.0.1:{port}", tmp_path, requests=1200)
        clients.curl(f"http://127.0.0.1:{port}", server.folder / "www" / "large")
        logged = totals(server.visits_when_quiet())
    sections = logged.sections.most_common(3)
    text = session.wait("all requests", lambda text: all(hits(text, key) == count for key, count in sections))
    assert "dropped 0" in text
    assert "gaps 0" in text
    assert not re.search("Traceback|Error", text)

    session.press("8")
    statuses = logged.statuses.most_common(2)
    session.wait("status codes", lambda text: all(hits(text, key) == count for key, count in statuses))

    session.press("/", "status:404", "Enter")
    missing = logged.statuses["404"]
    session.wait("the filter", lambda text: re.search(rf"matches {missing:,} of [\d,]+ exchanges", text))
    session.press("Escape")
    session.wait("no filter", lambda text: "matches" not in text)
    session.press("1", "Enter")
    session.wait("a detail", lambda text: "Slowest exchanges" in text and "p50" in text)
    session.press("Escape")
    session.wait("the main screen", lambda text: "Top hits by domain" in text)
    session.resize(80, 24)
    session.wait("the small screen", lambda text: "Top hits by section" in text and len(text.splitlines()) <= 24)

    session.press("q")
    text = session.wait("the end", lambda text: "status 0" in text)
    assert "Requests/s" not in text, "the screen is gone"
    assert re.search(rf"Requests +{sum(logged.statuses.values()):,}", text), "the summary is there"
