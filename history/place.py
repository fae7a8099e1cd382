"""Where the history of a source is, when no file was named."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = "http-monitor"
SYSTEM: Final = Path("/var/lib")


def folder(environment: Mapping[str, str], home: str | None, is_service: bool) -> Path:
    """The folder for state: what systemd gave (STATE_DIRECTORY); for a service, /var/lib; else the user's.

    The user's is that of the XDG Base Directory Specification, below `home` where XDG_STATE_HOME says nothing.
    """
    given = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given)
    if is_service or not home:
        return SYSTEM / FOLDER
    state = environment.get("XDG_STATE_HOME", "")
    return Path(state if os.path.isabs(state) else Path(home, ".local", "state"), FOLDER)


def file_name(interface: str, ports: str) -> str:
    """As `eth0-80.db`: one file a source, so that what two of them count is not added up."""
    return re.sub(r"[^A-Za-z0-9.]+", "_", interface) + "-" + re.sub(r"[^0-9a-z]+", "_", ports) + ".db"
