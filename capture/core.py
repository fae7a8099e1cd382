"""The core: decoder and readers in Rust, where they were built. Else the reference in `traffic/` does the same."""

import os
from importlib import import_module
from typing import Any, Final


def built() -> Any:
    """The module `http_monitor_core`, described by `core/core.pyi`; None where it was not built, and where
    HTTP_MONITOR_DECODER=python asks for the reference.
    """
    if os.environ.get("HTTP_MONITOR_DECODER") == "python":
        return None
    try:
        return import_module("http_monitor_core")
    except ImportError:
        return None


CORE: Final = built()
"""What was built when the program started."""


def decoder_name() -> str:
    """Which decoder runs."""
    return "Python reference" if CORE is None else "Rust core"
