"""Loads the plug-ins named in `Config.detectors`: NAME.py in `detection/detectors/` or `detection/inspectors/` has a
class whose `name` is NAME.
"""

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from detection import detectors, inspectors
from detection.detector import Detector
from detection.inspector import Inspector
from settings.closest import did_you_mean
from settings.plugins import PluginError, in_one_line, made, plugin_class


class DetectorError(ValueError):
    """A detector is unknown, or its file breaks the contract. The text is one line for the user."""


def available() -> list[str]:
    """Return the names of all detectors that are no inspectors, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(detectors.__path__))


def available_inspectors() -> list[str]:
    """Return the names of all inspectors, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(inspectors.__path__))


def inspecting(names: Sequence[str]) -> tuple[str, ...]:
    """Return those names that are inspectors, in the same order."""
    known = available_inspectors()
    return tuple(name for name in names if name in known)


def load(names: Sequence[str], settings: Mapping[str, object], off: frozenset[type] = frozenset()) -> list[Detector]:
    """Return one detector for each name, in the same order, but no inspectors, and none that looks only at records
    that are `off`.

    Raises:
        DetectorError: a name is unknown or listed twice, or a file cannot be loaded or breaks the contract.
    """
    _check(names)
    others = available_inspectors()
    loaded = (_detector(name, settings, off) for name in names if name not in others)
    return [detector for detector in loaded if detector is not None]


def import_inspectors(names: Sequence[str]) -> None:
    """Import the files of these inspectors, with all that they import.

    Raises:
        DetectorError: a file cannot be imported, or has no such class.
    """
    for name in names:
        _inspector_class(name)


def load_inspectors(names: Sequence[str], settings: Mapping[str, object]) -> list[Inspector]:
    """Return one inspector for each name, in the same order.

    Raises:
        DetectorError: a file cannot be loaded or breaks the contract, or the inspector refuses its settings or rules.
    """
    return [_inspector(name, settings) for name in names]


def _check(names: Sequence[str]) -> None:
    known = sorted({*available(), *available_inspectors()})
    for place, name in enumerate(names):
        if name not in known:
            hint = did_you_mean(name, known) or f"available: {', '.join(known)}"
            raise DetectorError(f"detectors: no detector {name!r}; {hint}")
        if name in names[:place]:
            raise DetectorError(f"detectors: {name} is listed twice")


def _detector(name: str, settings: Mapping[str, object], off: frozenset[type]) -> Detector | None:
    file = f"detection/detectors/{name}.py"
    kind = _loaded(file, lambda: plugin_class("detection.detectors", name))
    if off and off.issuperset(getattr(kind, "records", (object,))):
        return None  # before it is made, so that it costs nothing
    detector: Detector = _loaded(file, lambda: _made(kind, name, settings))
    _check_contract(detector, file, Detector, "detection/detector.py")
    return detector


def _inspector(name: str, settings: Mapping[str, object]) -> Inspector:
    kind, file = _inspector_class(name), _inspector_file(name)
    inspector: Inspector = _loaded(file, lambda: _with_its_rules(kind, name, settings))
    _check_contract(inspector, file, Inspector, "detection/inspector.py")
    return inspector


def _inspector_class(name: str) -> type[Any]:
    kind: type[Any] = _loaded(_inspector_file(name), lambda: plugin_class("detection.inspectors", name))
    return kind


def _inspector_file(name: str) -> str:
    return f"detection/inspectors/{name}.py"


def _with_its_rules(kind: type[Any], name: str, settings: Mapping[str, object]) -> Any:
    """Make an inspector. What it says about its rules or settings in a line is for the user as it is."""
    try:
        return _made(kind, name, settings)
    except ValueError as error:
        if not isinstance(error, UnicodeError) and str(error) and "\n" not in str(error):
            raise DetectorError(str(error)) from error
        raise


def _made(kind: type[Any], name: str, settings: Mapping[str, object]) -> Any:
    return made(kind, settings, lambda parameter: f"{name}_{parameter}")


def _loaded(file: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except DetectorError:
        raise
    except PluginError as error:
        raise DetectorError(f"{file} {error}") from error
    except Exception as error:
        raise DetectorError(f"{file} cannot be loaded: {in_one_line(error)}") from error


def _check_contract(plugin: object, file: str, contract: type, documented: str) -> None:
    """Refuse a plug-in that lacks what its contract names."""
    wanted = sorted(name for name in vars(contract) if not name.startswith("_"))
    missing = [part for part in wanted if not hasattr(plugin, part)]
    if missing:
        raise DetectorError(f"{file}: {', '.join(missing)} missing; see {documented}")
