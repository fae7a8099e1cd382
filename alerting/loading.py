"""Loads the signals named in `Config.signals`: `alerting/signals/NAME.py` holds one class whose `name` is NAME."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any, Final

from alerting import signals
from alerting.rule import Rule

_CONTRACT: Final = sorted(name for name in vars(Rule) if not name.startswith("_"))


class SignalError(ValueError):
    """The file of a signal breaks the contract. The text is one line for the user."""


def available() -> list[str]:
    """Return the names of all signals, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(signals.__path__))


def load(names: Sequence[str], settings: Mapping[str, object]) -> list[Rule]:
    """One signal for each name of a file, in the same order.

    The parameter `floor` of the signal `unanswered` gets the setting `unanswered_floor`; without such a setting, it
    keeps its default.

    Raises:
        SignalError: a file cannot be loaded or breaks the contract.
    """
    return [_load(name, settings) for name in names]


def _load(name: str, settings: Mapping[str, object]) -> Rule:
    try:
        kind = _class_of(name)
        own = {parameter: f"{name}_{parameter}" for parameter in signature(kind).parameters}
        rule = kind(**{parameter: settings[key] for parameter, key in own.items() if key in settings})
    except SignalError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise SignalError(f"{_file(name)} cannot be loaded: {reason}") from error
    missing = [part for part in _CONTRACT if not hasattr(rule, part)]
    if missing:
        raise SignalError(f"{_file(name)}: {', '.join(missing)} missing; see alerting/rule.py")
    signal: Rule = rule
    return signal


def _class_of(name: str) -> type[Any]:
    module = importlib.import_module(f"alerting.signals.{name}")
    own = [item for item in vars(module).values() if isinstance(item, type) and item.__module__ == module.__name__]
    named = [item for item in own if getattr(item, "name", None) == name]
    if len(named) != 1:
        raise SignalError(f"{_file(name)} needs exactly one class with name = {name!r}, and has {len(named)}")
    return named[0]


def _file(name: str) -> str:
    return f"alerting/signals/{name}.py"
