#!/usr/bin/env python3
"""Writes the manual page and the completion scripts of three shells to build/share: `make man`."""

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SHARE: Final = ROOT / "build" / "share"
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

from manual import manual

from cli.build import COMMAND
from cli.completion import completion
from cli.options import make_parser

COMPLETIONS: Final = {
    "bash": "bash-completion/completions/exercise",
    "zsh": "zsh/site-functions/_exercise",
    "fish": "fish/vendor_completions.d/exercise.fish",
}
"""Where each shell looks for its script, relative to a folder `share`."""


def write() -> list[Path]:
    """Write all files and return their paths relative to `SHARE`."""
    scripts = {place: completion(make_parser(COMMAND), shell) for shell, place in COMPLETIONS.items()}
    texts = {"man/man1/exercise.1": manual(), **scripts}
    for place, text in texts.items():
        path = SHARE / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [Path(place) for place in texts]


if __name__ == "__main__":
    for written in write():
        print(SHARE / written)
