"""Adds the manual page and the shells' completion scripts to the wheel when hatchling builds it."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DocumentsHook(BuildHookInterface[Any]):
    """Adds the files that `documents.py` writes, to be installed in `share`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files before the wheel is built."""
        sys.path.insert(0, str(Path(self.root, "packaging")))
        from documents import SHARE, write

        build_data["shared_data"].update({str(SHARE / place): f"share/{place.as_posix()}" for place in write()})
