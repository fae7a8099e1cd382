"""Which program this is: its name, its version, and which decoder runs."""

import os
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

VERSION: Final = "0.1.0"
COMMAND: Final = "exercise"
"""What the program is called where it is installed."""
PROGRAM: Final = COMMAND if Path(sys.argv[0]).name == COMMAND else "exercise.py"
"""What it was called by: messages begin with it."""
ROOT: Final = Path(__file__).resolve().parent.parent
"""Where the folders of the program are."""


def core() -> ModuleType | None:
    """The decoder in Rust; None where it was not built, and with HTTP_MONITOR_DECODER=python."""
    if os.environ.get("HTTP_MONITOR_DECODER") == "python":
        return None
    try:
        return import_module("http_monitor_core")
    except ImportError:
        return None


def decoder() -> str:
    """The name of the decoder that runs."""
    return "Python reference" if core() is None else "Rust core"
