"""The default location of a source's history file."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = "http-monitor"
SYSTEM: Final = Path("/var/lib")


def folder(environment: Mapping[str, str], home: str | None, is_service: bool) -> Path:
    """Return the state folder: that of systemd (STATE_DIRECTORY); for a service, /var/lib; otherwise the user's.

    The user's folder follows the XDG Base Directory Specification, below `home` unless XDG_STATE_HOME is set.
    """
    given = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given)
    if is_service or not home:
        return SYSTEM / FOLDER
    state = environment.get("XDG_STATE_HOME", "")
    return Path(state if os.path.isabs(state) else Path(home, ".local", "state"), FOLDER)


def file_name(interface: str, ports: str) -> str:
    """Return a name such as `eth0-80.db`. Each source has its own file, so that two sources are not added up."""
    return re.sub(r"[^A-Za-z0-9.]+", "_", interface) + "-" + re.sub(r"[^0-9a-z]+", "_", ports) + ".db"
