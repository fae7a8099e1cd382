"""Loads the detectors named in `Config.detectors`: `detection/detectors/NAME.py` has a class whose `name` is NAME."""

import pkgutil
from collections.abc import Mapping, Sequence
from typing import Final

from detection import detectors
from detection.detector import Detector
from settings.closest import did_you_mean
from settings.plugins import PluginError, in_one_line, made, plugin_class

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
        kind = plugin_class("detection.detectors", name)
        if off and off.issuperset(getattr(kind, "records", (object,))):
            return None  # before it is made, so that it costs nothing
        detector: Detector = made(kind, settings, lambda parameter: f"{name}_{parameter}")
    except PluginError as error:
        raise DetectorError(f"{file} {error}") from error
    except Exception as error:
        raise DetectorError(f"{file} cannot be loaded: {in_one_line(error)}") from error
    missing = [part for part in _CONTRACT if not hasattr(detector, part)]
    if missing:
        raise DetectorError(f"{file}: {', '.join(missing)} missing; see detection/detector.py")
    return detector
