"""Loads the detectors named in `Config.detectors`: `detection/detectors/NAME.py` has a class whose `name` is NAME."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any, Final

from detection import detectors
from detection.detector import Detector
from settings.closest import did_you_mean

_CONTRACT: Final = sorted(name for name in vars(Detector) if not name.startswith("_"))


class DetectorError(ValueError):
    """A detector is unknown, or its file breaks the contract. The text is one line for the user."""


def available() -> list[str]:
    """Return the names of all detectors, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(detectors.__path__))


def load(names: Sequence[str], settings: Mapping[str, object], off: frozenset[type] = frozenset()) -> list[Detector]:
    """Return one detector for each name, in the same order, but none that looks only at records that are `off`.

    Raises:
        DetectorError: a name is unknown or listed twice, or a file cannot be loaded or breaks the contract.
    """
    known = available()
    for place, name in enumerate(names):
        if name not in known:
            hint = did_you_mean(name, known) or f"available: {', '.join(known)}"
            raise DetectorError(f"detectors: no detector {name!r}; {hint}")
        if name in names[:place]:
            raise DetectorError(f"detectors: {name} is listed twice")
    loaded = (_load(name, settings, off) for name in names)
    return [detector for detector in loaded if detector is not None]


def _load(name: str, settings: Mapping[str, object], off: frozenset[type]) -> Detector | None:
    file = f"detection/detectors/{name}.py"
    try:
        kind = _class_of(name)
        if off and off.issuperset(getattr(kind, "records", (object,))):
            return None  # before it is made, so that it costs nothing
        own = {parameter: f"{name}_{parameter}" for parameter in signature(kind).parameters}
        detector: Detector = kind(**{parameter: settings[key] for parameter, key in own.items() if key in settings})
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise DetectorError(f"{file} cannot be loaded: {reason}") from error
    missing = [part for part in _CONTRACT if not hasattr(detector, part)]
    if missing:
        raise DetectorError(f"{file}: {', '.join(missing)} missing; see detection/detector.py")
    return detector


def _class_of(name: str) -> type[Any]:
    module = importlib.import_module(f"detection.detectors.{name}")
    own = [item for item in vars(module).values() if isinstance(item, type) and item.__module__ == module.__name__]
    named = [item for item in own if getattr(item, "name", None) == name]
    if len(named) != 1:
        raise DetectorError(f"it needs exactly one class with name = {name!r}, and has {len(named)}")
    return named[0]
