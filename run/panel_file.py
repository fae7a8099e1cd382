"""Remembers the choice of panels in the user's state folder."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any, Final

from dashboard.full.panel_choice import PanelChoice, PanelMemory

NAME: Final = "panels.json"
LONGEST: Final = 65536
"""Characters of a file that is read; a choice of all panels takes a few thousand."""
OWNER_ONLY: Final = 0o600


class PanelFile(PanelMemory):
    """Reads the choice of an earlier run, and writes each change at once."""

    def __init__(self, folder: Path, name: str = NAME) -> None:
        """Read the choice in the folder. A file that is missing or malformed is no choice."""
        super().__init__()
        self._path = folder / name
        with contextlib.suppress(OSError, ValueError), self._path.open(encoding="utf-8") as file:
            self.choice = _choice(json.loads(file.read(LONGEST)))

    def keep(self, choice: PanelChoice) -> str:
        """Keep the choice for this run, and write it for the next ones."""
        super().keep(choice)
        text = json.dumps({"order": choice.order, "hidden": sorted(choice.hidden)})
        beside = self._path.with_name(f".{NAME}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w", encoding="utf-8") as file:
                file.write(text)
            beside.replace(self._path)
        except OSError as reason:
            with contextlib.suppress(OSError):
                beside.unlink()
            return f"the choice of panels is lost at the end: {self._path} cannot be written ({reason.strerror})"
        return ""


def _choice(stored: Any) -> PanelChoice:
    """Convert what a file has.

    Raises:
        ValueError: it is something else.
    """
    order, hidden = (_names(stored, part) for part in ("order", "hidden"))
    return PanelChoice(tuple(order), frozenset(hidden))


def _names(stored: Any, part: str) -> list[str]:
    names = stored.get(part) if isinstance(stored, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("not a choice of panels")
    return names
