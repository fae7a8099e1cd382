"""Writes settings as TOML, each with its explanation and valid values, in a form that can be read again."""

import json
from collections.abc import Iterator
from textwrap import wrap
from typing import Any, Final

from settings.explanations import Explanation, explanations
from settings.setting import Setting, settings_of

_WIDTH: Final = 100
_UNEXPLAINED: Final = Explanation("", "")


def as_toml(config: Any) -> str:
    """Return all settings of a configuration, in order. For a secret it only says that it is set."""
    owner = type(config)
    known = explanations(owner)
    return "\n".join(
        line
        for name, setting in settings_of(owner).items()
        for line in _lines(setting, getattr(config, name), known.get(name, _UNEXPLAINED))
    ).lstrip("\n")


def value_as_toml(value: Any) -> str:
    """Return one value. Texts are escaped as in JSON, which is valid in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        parts = [value_as_toml(part) for part in value]
        line = "[" + ", ".join(parts) + "]"
        return line if len(line) < _WIDTH else "[\n" + "".join(f"    {part},\n" for part in parts) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)


def _lines(setting: Setting, value: Any, explanation: Explanation) -> Iterator[str]:
    if explanation.heading:
        yield "\n" + f"# {explanation.heading} ".ljust(_WIDTH, "-")
    yield ""
    for text in filter(None, (explanation.words, setting.kind_in_words)):
        yield from wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")
    if setting.secret and value:
        yield f"# {setting.name} is set but not shown"
    else:
        yield f"{setting.name} = {value_as_toml(value)}"
