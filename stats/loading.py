"""Loads the statistics named in `Config.statistics`: `stats/NAME.py` holds one class whose `name` is NAME."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from inspect import signature
from types import MappingProxyType
from typing import Any

import stats
from settings.closest import did_you_mean
from settings.plugins import PluginError, in_one_line, made, plugin_class
from stats.statistic import HITS, Statistic, Unit
from traffic.batch import FLOATS, INTEGERS, TEXTS

NO_PLUGINS = (
    "agents",
    "continents",
    "containers",
    "dns",
    "loading",
    "path_template",
    "places",
    "saas_catalogue",
    "servers",
    "services",
    "statistic",
    "streams",
)
"""Modules of this folder that are not statistics."""


class StatisticError(ValueError):
    """A statistic is unknown, or its file breaks the contract. The text is one line for the user."""


def available() -> list[str]:
    """Return the names of all statistics, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(stats.__path__) if module.name not in NO_PLUGINS)


def look_in(folder: str) -> None:
    """Also look for statistics in `folder`, after our own. Its files are code, so the caller must check who
    owns them.
    """
    if folder not in stats.__path__:
        stats.__path__.append(folder)
    importlib.invalidate_caches()


def load(names: Sequence[str], settings: Mapping[str, object] = MappingProxyType({})) -> list[Statistic]:
    """Return one statistic for each name, in the same order. Each gets the settings that its constructor names.

    Raises:
        StatisticError: a name is unknown or listed twice, or a file cannot be loaded or breaks the contract.
    """
    known = available()
    for position, name in enumerate(names):
        if name not in known:
            hint = did_you_mean(name, known) or f"available: {', '.join(known)}"
            raise StatisticError(f"no statistic {name!r}; {hint}")
        if name in names[:position]:
            raise StatisticError(f"statistic {name!r} is listed twice")
    return [_load(name, settings) for name in names]


def units() -> dict[str, str]:
    """Return the units of all statistics by name, except those whose files cannot be imported here."""
    found = {}
    for name in available():
        try:
            unit = plugin_class("stats", name).unit
        except Exception:  # a plug-in may raise anything
            continue
        if isinstance(unit, Unit):
            found[name] = unit.value
    return found


def _load(name: str, settings: Mapping[str, object]) -> Statistic:
    try:
        statistic = made(plugin_class("stats", name), settings)
    except PluginError as error:
        raise StatisticError(f"{_file(name)}: {error}") from error
    except Exception as error:
        raise StatisticError(f"{_file(name)} cannot be loaded: {in_one_line(error)}") from error
    breach = _breach(statistic)
    if breach:
        raise StatisticError(f"{_file(name)}: {breach}")
    plugin: Statistic = statistic
    return plugin


def _file(name: str) -> str:
    """Return the file of a statistic, as its author knows it."""
    found = find_spec(f"stats.{name}")
    origin = (found and found.origin) or f"{name}.py"
    ours = origin.startswith(f"{stats.__path__[0]}/")
    return f"stats/{name}.py" if ours else origin


def _breach(statistic: Any) -> str | None:
    """Return what is wrong with a statistic; None if nothing is."""
    title, unit = getattr(statistic, "title", None), getattr(statistic, "unit", None)
    record, columns = getattr(statistic, "record", None), getattr(statistic, "columns", None)
    amount, parameters = getattr(statistic, "amount", None), "record" if columns is None else ", ".join(columns)
    rules = (
        (isinstance(title, str) and bool(title), "title must be text"),
        (isinstance(unit, Unit), "unit must be HITS, BYTES or SECONDS"),
        (isinstance(record, type), "record must be a class such as Request or Exchange"),
        (callable(getattr(statistic, "key", None)), f"needs a method key({parameters})"),
        (unit is HITS or amount is not None, "bytes and seconds need an amount: a method or the name of a column"),
        (amount is None or callable(amount) == (columns is None), "amount must be a method with key(record), or the"
         " name of a column with columns"),
    )  # fmt: skip
    broken = next((text for kept, text in rules if not kept), None)
    return broken if broken or columns is None else _breach_of_columns(statistic, record, columns, amount)


def _breach_of_columns(statistic: Any, record: Any, columns: Any, amount: str | None) -> str | None:
    if record not in TEXTS:
        return f"{record.__name__} has no columns; use key(record)"
    if isinstance(columns, str) or not all(isinstance(name, str) for name in columns):
        return 'columns must be names, such as ("domain",)'
    numbers = INTEGERS[record] | FLOATS[record]
    for name, known in [
        *((name, TEXTS[record] | numbers) for name in columns),
        *([(amount, numbers)] if amount else []),
    ]:
        if name not in known:
            hint = did_you_mean(name, known) or f"available: {', '.join(sorted(known))}"
            return f"{record.__name__} has no column {name!r}; {hint}"
    if not callable(getattr(statistic, "where", len)):
        return "where must be a method: where(table)"
    try:
        signature(statistic.key).bind(*columns)
    except TypeError:
        return f"key must have a parameter for each column: key(self, {', '.join(columns)})"
    return None
