"""Loads the signals named in `Config.signals`: `alerting/signals/NAME.py` holds one class whose `name` is NAME."""

import pkgutil
from collections.abc import Mapping, Sequence
from typing import Final

from alerting import signals
from alerting.rule import Rule
from settings.plugins import PluginError, in_one_line, made, plugin_class

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
    file = f"alerting/signals/{name}.py"
    try:
        kind = plugin_class("alerting.signals", name)
        rule = made(kind, settings, lambda parameter: f"{name}_{parameter}")
    except PluginError as error:
        raise SignalError(f"{file} {error}") from error
    except Exception as error:
        raise SignalError(f"{file} cannot be loaded: {in_one_line(error)}") from error
    missing = [part for part in _CONTRACT if not hasattr(rule, part)]
    if missing:
        raise SignalError(f"{file}: {', '.join(missing)} missing; see alerting/rule.py")
    signal: Rule = rule
    return signal
