"""The full screen is loaded as long as its files can be read: after root is given up they may be out of reach."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:]
import exercise, full_desk
from run.full import load_full_screen
load_full_screen()
before = set(sys.modules)
import textual.drivers.headless_driver
from full_driver import drive

async def scenario(user):
    await user.press("slash")
    await user.type("shop")
    await user.press("ctrl+u")
    await user.type("is:err")
    await user.press("right", "enter", "enter", "tab", "enter", "escape", "escape", "question_mark", "escape", "h")
    await user.press("escape", "t", "t", "t", "w", "e", "k", "s", "space")
    await user.pilot.hover(offset=(10, 12))
    await user.pilot.click(offset=(10, 15))

drive(scenario)
print(*sorted(set(sys.modules) - before - {"full_driver", "textual.drivers.headless_driver"}))
"""


def test_nothing_is_imported_later() -> None:
    command = [sys.executable, "-c", PROGRAM, *(str(Path(__file__).parents[up]) for up in (3, 2, 0))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (done.stderr, done.stdout.split()) == ("", [])
