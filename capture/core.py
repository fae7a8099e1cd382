"""Selects the decoder: the Rust core if it was built, otherwise the reference in `traffic/`, which behaves the same."""

import os
from importlib import import_module
from typing import Any, Final


def built() -> Any:
    """Return the module `http_monitor_core`, which `core/core.pyi` describes; None if it was not built, or if
    HTTP_MONITOR_DECODER=python selects the reference.
    """
    if os.environ.get("HTTP_MONITOR_DECODER") == "python":
        return None
    try:
        return import_module("http_monitor_core")
    except ImportError:
        return None


CORE: Final = built()
"""The core, or None, as found when the program started."""


def decoder_name() -> str:
    """Name the decoder in use."""
    return "Python reference" if CORE is None else "Rust core"
