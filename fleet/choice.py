"""Chooses the sensors that are added up. Pure.

Sensors of different vantages may see the same connections, so the sensors of one vantage are added up at most. Sensors
whose buckets do not fit into those of the screen would blur its charts and signals, and are left out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from history.fleet import SensorState
from store.filtering.sensors import Sensor, SensorFilter

NO_VANTAGE = "no vantage"
"""The reason for sensors that name none, if others do."""


class Choice(NamedTuple):
    """The sensors that are added up, and why the others are not."""

    chosen: tuple[str, ...]
    left_out: Mapping[str, str]
    """Reason by sensor, for those that match the filter, and `filter` for the others."""
    vantage: str | None
    """The one that is added up, if there are several; else None."""

    @property
    def whole(self) -> bool:
        """Whether nobody is left out."""
        return not self.left_out


FILTERED = "filter"
"""The reason for a sensor that does not match the filter."""


def choose(states: Sequence[SensorState], wanted: SensorFilter, bucket_size: int) -> Choice:
    """Choose among the sensors those that match, of the vantage that most of them have."""
    left_out: dict[str, str] = {}
    fitting: list[SensorState] = []
    for state in states:
        if not wanted(Sensor(state.name, state.facts.vantage)):
            left_out[state.name] = FILTERED
        elif bucket_size % max(1, state.facts.bucket_size):
            left_out[state.name] = f"buckets of {state.facts.bucket_size} s"
        else:
            fitting.append(state)
    vantage = _largest(fitting)
    for state in fitting:
        if state.facts.vantage != vantage:
            left_out[state.name] = f"vantage {state.facts.vantage}" if state.facts.vantage else NO_VANTAGE
    chosen = tuple(state.name for state in fitting if state.name not in left_out)
    several = len({state.facts.vantage for state in states}) > 1
    return Choice(chosen, left_out, vantage if several else None)


def _largest(states: Sequence[SensorState]) -> str:
    """Return the vantage of most sensors; of several, the first by name."""
    counted = Counter(state.facts.vantage for state in states)
    return min(counted, key=lambda vantage: (-counted[vantage], vantage), default="")


def usual_bucket_size(states: Sequence[SensorState], default: int) -> int:
    """Return the bucket size of most sensors, the longer one of several; the default if there are none."""
    counted = Counter(state.facts.bucket_size for state in states)
    return max(counted, key=lambda size: (counted[size], size), default=default)


def sentences(choice: Choice) -> list[str]:
    """Say which sensors are not added up though they match the filter, and why."""
    groups: dict[str, list[str]] = {}
    for name, reason in choice.left_out.items():
        if reason != FILTERED:
            groups.setdefault(reason, []).append(name)
    return [_sentence(reason, names) for reason, names in groups.items()]


def _sentence(reason: str, names: Sequence[str]) -> str:
    some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    if reason == NO_VANTAGE or reason.startswith("vantage "):
        value = '""' if reason == NO_VANTAGE else reason.removeprefix("vantage ")
        return f"not added: {some} ({reason}), which may see the same connections; filter vantage:{value} shows them"
    return f"not added: {some}, with {reason}; give all sensors the same dashboard_bucket_size"
