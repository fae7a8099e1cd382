"""What the user decided about signals, as far as it must survive a restart. Plain numbers; times are in seconds since
the epoch.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from alerting.terms import BaselineKind

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Accepted(NamedTuple):
    """A level that the user took as usual."""

    time: float
    """When it was accepted."""
    value: float
    """In the signal's unit."""


class Chosen(NamedTuple):
    """What the user chose that a signal is compared with."""

    kind: BaselineKind
    instead_of: BaselineKind
    """What the setting said then. If it says something else now, that was decided later, and the choice is over."""


class Habits(NamedTuple):
    """The decisions that are still in force."""

    muted: Mapping[str, float] = _NOTHING
    """When the muting of each muted signal ends; `math.inf` if it lasts until it is ended."""
    accepted: Mapping[str, Mapping[str, Accepted]] = _NOTHING
    """The accepted levels, by signal and subject."""
    relearned: Mapping[str, float] = _NOTHING
    """Since when each signal has learned again: it does not use older history."""
    acknowledged: Mapping[str, float] = _NOTHING
    """The start of each acknowledged alert that is active, by signal."""
    baselines: Mapping[str, Chosen] = _NOTHING
    """What signals are compared with instead of what their settings say."""
