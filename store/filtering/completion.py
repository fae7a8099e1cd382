"""What the last word of a filter can become, while it is typed."""

import re
from collections.abc import Iterable
from typing import Final

from store.filtering.fields import Field

_LAST: Final = re.compile(r"(?:^|[\s(!-])(?:([^\W\d]\w*):)?(\w*)$")
"""The last word: nothing of it, the beginning of a field's name, or that of a value after one."""
_SIGN: Final = {"time": ">", "size": ">"}
"""What usually follows a field, by its kind; else it is a colon."""


def completions(text: str, fields: Iterable[Field]) -> list[str]:
    """The text with its last word completed, in each way there is: `st` to `status:`, `is:er` to `is:error`.

    Nothing as long as the word has no letter.
    """
    last = _LAST.search(text)
    if last is None or not (last[1] or last[2]):
        return []
    begun = text[: last.start(2)]
    return [begun + word for word in _words(last[1], fields) if word.startswith(last[2].lower()) and word != last[2]]


def _words(name: str | None, fields: Iterable[Field]) -> list[str]:
    if name is None:
        return [f"{field.name}{_SIGN.get(field.kind, ':')}" for field in fields]
    return [word for field in fields if field.name == name.lower() for word in field.words or ()]
