"""What hatchling calls when it builds the wheel: the manual page and the shells' scripts are made, and put into it."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DocumentsHook(BuildHookInterface[Any]):
    """Adds what `documents.py` makes, to be installed below `share`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the wheel is put together."""
        sys.path.insert(0, str(Path(self.root, "packaging")))
        from documents import SHARE, write

        build_data["shared_data"].update({str(SHARE / place): f"share/{place.as_posix()}" for place in write()})
