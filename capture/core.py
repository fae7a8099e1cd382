"""Selects the decoder: the Rust core if it was built, otherwise the reference in `traffic/`, which behaves the same."""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

_CHOICE: Final = "HTTP_MONITOR_DECODER"
"""The environment variable that selects the reference."""

_HOW_TO_GET: Final = "make fast, or pip install ./core"


def built() -> Any:
    """Return the module `http_monitor_core`, which `core/core.pyi` describes; None if it was not built, or if
    HTTP_MONITOR_DECODER=python selects the reference.
    """
    if _declined():
        return None
    try:
        return import_module("http_monitor_core")
    except ImportError:
        return None


def _declined() -> bool:
    return os.environ.get(_CHOICE) == "python"


CORE: Final = built()
"""The core, or None, as found when the program started."""


def decoder_name() -> str:
    """Name the decoder in use."""
    return "Python reference" if CORE is None else "Rust core"


def how_to_decrypt() -> str:
    """Say how to get the core, which alone decrypts TLS; nothing if it is in use, and new enough."""
    if CORE is not None:
        return "" if hasattr(CORE.Decoder, "add_secrets") else f"this core is too old to decrypt TLS: {_HOW_TO_GET}"
    way = f"unset {_CHOICE}" if _declined() else _HOW_TO_GET
    return f"TLS is decrypted by the Rust core only: {way}"


def how_to_inspect() -> str:
    """Say how to get the core, which alone keeps heads and bodies; nothing if it is in use, and new enough."""
    if CORE is not None:
        return "" if hasattr(CORE, "decode_content") else f"this core is too old to inspect content: {_HOW_TO_GET}"
    way = f"unset {_CHOICE}" if _declined() else _HOW_TO_GET
    return f"content is inspected with the Rust core only: {way}"


def how_to_describe() -> str:
    """Say how to get the core, which alone finds the features of requests; nothing if it is in use, and new enough."""
    if CORE is not None:
        return "" if hasattr(CORE.Table, "features") else f"this core is too old to describe requests: {_HOW_TO_GET}"
    way = f"unset {_CHOICE}" if _declined() else _HOW_TO_GET
    return f"features of requests are found by the Rust core only: {way}"


def how_to_read(unreadable: Mapping[str, int]) -> str:
    """Say how to get the core if it could read connections that were counted as unreadable by kind; else nothing."""
    if CORE is not None or _declined() or not unreadable.get("HTTP/2"):
        return ""
    return f"HTTP/2 is read by the Rust core only: {_HOW_TO_GET}"
