"""Shortens a record whose line is too long for a message, so that what is sent is still a whole line. Pure."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, Final

STEPS: Final = (512, 256, 128, 64, 24)
"""Longest texts to try, in characters."""
_CUT: Final = "..."


def fitting(record: Any, line: Callable[[Any], str], size: int) -> str | None:
    """Return the line of a record whose texts were cut so that it has at most `size` bytes; None if none is so
    short.
    """
    for longest in STEPS:
        text = line(shortened(record, longest))
        if len(text.encode("utf-8", "replace")) <= size:
            return text
    return None


def shortened(value: Any, longest: int) -> Any:
    """Return a record, text or collection whose texts have at most `longest` characters, and collections as many
    members as such texts have words.
    """
    if isinstance(value, str) and not isinstance(value, Enum):
        return value if len(value) <= longest else value[: longest - len(_CUT)] + _CUT
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            return type(value)(*(shortened(each, longest) for each in value))
        return tuple(shortened(each, longest) for each in value[: max(1, longest // 8)])
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: shortened(getattr(value, each.name), longest) for each in fields(value)})
    return value
