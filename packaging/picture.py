#!/usr/bin/env python3
"""Draws the full screens of the demo and of a small fleet into `docs/`, in colour: `make picture`. It needs tmux.

The sensors of the fleet are in memory, see `tests/fleet_program.py`: their visits are the same each time.
"""

import inspect
import io
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT: Final = Path(__file__).resolve().parent.parent
COLUMNS, LINES = 120, 40
SHOWN: Final = "Active alert"
"""Text on the screens that is worth a picture."""


class Subject(NamedTuple):
    """What is drawn."""

    file: Path
    title: str
    """The command as a user would type it."""
    program: str
    """The command that is run, after that of Python."""


SCREEN: Final = Subject(ROOT / "docs" / "screen.svg", "exercise.py --demo", "exercise.py --demo")
FLEET: Final = Subject(
    ROOT / "docs" / "fleet.svg",
    "exercise.py watch --store clickhouse://reader@db.example.com/demo",
    "tests/fleet_program.py watch --store clickhouse://reader@db.example.com/demo --user root",
)
PATIENCE: Final = 120.0
"""Seconds within which the demo raises an alert."""
TMUX: Final = ("tmux", "-L", "http-monitor-picture", "-f", "/dev/null")
RICH_FORMAT: Final = str(inspect.signature(Console.export_svg).parameters["code_format"].default)
FORMAT: Final = re.sub(r"@font-face \{\{.*?\}\}\s*", "", RICH_FORMAT, flags=re.DOTALL)
"""The format of the picture, without fonts that a browser would load from another site."""


def picture(screen: str, title: str) -> str:
    """Return the screen as SVG, below the title. Colours are escape sequences, as in `tmux capture-pane -e`."""
    console = Console(width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(screen), no_wrap=True, overflow="crop")
    return console.export_svg(title=title, theme=MONOKAI, code_format=FORMAT, unique_id="screen")


@contextmanager
def terminal(command: str) -> Iterator[None]:
    """Run a command in a terminal of its own during the block."""
    size = ("-x", str(COLUMNS), "-y", str(LINES))
    setting = ("set-option", "-g", "default-terminal", "tmux-256color", ";")
    inside = f"env COLORTERM=truecolor LC_ALL=C.UTF-8 {sys.executable} {command}"
    subprocess.run([*TMUX, *setting, "new-session", "-d", *size, inside], cwd=ROOT, check=True)
    try:
        yield
    finally:
        subprocess.run([*TMUX, "kill-server"], check=False)


def captured() -> str:
    """Return the screen with its colours, once it shows what is worth a picture.

    Raises:
        TimeoutError: it does not show that in time.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(1)
        screen = subprocess.run(
            [*TMUX, "capture-pane", "-p", "-e"], capture_output=True, encoding="utf-8", check=True
        ).stdout
        if SHOWN in screen:
            return screen
    raise TimeoutError(f"the screen did not show {SHOWN!r} within {PATIENCE:.0f} s")


def main() -> int:
    """Draw the screens that are named, `screen` and `fleet`, or both, while an alert is active."""
    subjects = [each for each in (SCREEN, FLEET) if each.file.stem in sys.argv[1:] or not sys.argv[1:]]
    if shutil.which("tmux") is None:
        print("picture.py: tmux is missing; install it with your package manager", file=sys.stderr)
        return 1
    for subject in subjects:
        with terminal(subject.program):
            screen = captured()
        drawn = picture(screen, subject.title)
        subject.file.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
