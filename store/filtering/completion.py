"""Completions of the last word of a filter while the user types."""

import re
from collections.abc import Iterable
from typing import Final

from store.filtering.fields import Field

_LAST: Final = re.compile(r"(?:^|[\s(!-])(?:([^\W\d]\w*):([\w.-]*)|(\w*))$")
"""The last word: a field with the start of a value after it, or the start of a field's name, or nothing yet."""
_SIGN: Final = {"time": ">", "size": ">", "level": ">="}
"""What usually follows a field, by kind; a colon for all others."""


def completions(text: str, fields: Iterable[Field]) -> list[str]:
    """Return the text with its last word completed in every possible way: `st` to `status:`, `is:er` to `is:error`.

    Returns nothing until the word has a letter.
    """
    last = _LAST.search(text)
    if last is None or not (last[1] or last[3]):
        return []
    typed = last[3] if last[1] is None else last[2]
    begun = text[: len(text) - len(typed)]
    words = (word for word in _words(last[1], fields) if word != typed)
    return [begun + word for word in words if word.lower().startswith(typed.lower())]


def _words(name: str | None, fields: Iterable[Field]) -> list[str]:
    if name is None:
        return [f"{field.name}{_SIGN.get(field.kind, ':')}" for field in fields]
    return [word for field in fields if field.name == name.lower() for word in field.words or ()]
