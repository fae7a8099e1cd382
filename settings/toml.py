"""Settings as TOML: each with its value, one a line."""

import json
from typing import Any

from settings.setting import settings_of


def as_toml(config: Any) -> str:
    """All settings, in their order."""
    return "\n".join(f"{name} = {value_as_toml(getattr(config, name))}" for name in settings_of(type(config)))


def value_as_toml(value: Any) -> str:
    """One value. A text is escaped as in JSON, which TOML understands."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(value_as_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)
