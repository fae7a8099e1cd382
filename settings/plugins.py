"""Plug-ins that a setting names: `NAME.py` in a package holds one class whose `name` is NAME. Pure."""

import importlib
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any


class PluginError(ValueError):
    """A file does not hold the class that it should. The text follows the name of the file."""


def plugin_class(package: str, name: str) -> type[Any]:
    """Import `package.name`, and return its class.

    Raises:
        PluginError: there is no such class, or there are several.
        Exception: whatever the file raises.
    """
    module = importlib.import_module(f"{package}.{name}")
    own = [item for item in vars(module).values() if isinstance(item, type) and item.__module__ == module.__name__]
    named = [item for item in own if getattr(item, "name", None) == name]
    if len(named) != 1:
        raise PluginError(f"needs exactly one class with name = {name!r}, and has {len(named)}")
    return named[0]


def made(kind: type[Any], settings: Mapping[str, object], setting_of: Callable[[str], str] = str) -> Any:
    """Make a plug-in. Each parameter of its constructor gets the setting that `setting_of` names, if there is one."""
    own = {parameter: setting_of(parameter) for parameter in signature(kind).parameters}
    return kind(**{parameter: settings[setting] for parameter, setting in own.items() if setting in settings})


def in_one_line(error: Exception) -> str:
    """Return what an import or a constructor raised, for a message of one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
