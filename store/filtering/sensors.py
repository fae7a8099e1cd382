"""Filters of sensors: `sensor:web-* -sensor:web-3`, `vantage:edge`. The sums of a fleet hold no single exchanges."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Final, NamedTuple

from store.filtering.errors import FilterError
from store.filtering.fields import Field
from store.filtering.filter import MAX_CHARACTERS, parsed
from store.filtering.terms import Test
from store.filtering.words import Word

FIELDS: Final = ("sensor", "vantage")


class Sensor(NamedTuple):
    """What a filter tests of a sensor."""

    name: str
    vantage: str


@dataclass(frozen=True)
class SensorFilter:
    """A test of sensors. An empty filter matches all of them."""

    text: str = ""
    """The filter in canonical form, which can be parsed again."""
    accepts: Test = field(default=lambda sensor: True, compare=False, repr=False)

    def __call__(self, sensor: Sensor) -> bool:
        """Return whether a sensor matches."""
        return bool(self.accepts(sensor))

    def __and__(self, other: "SensorFilter") -> "SensorFilter":
        """Return a filter that requires both, with the text of this one."""
        return SensorFilter(self.text, lambda sensor: self(sensor) and other(sensor))


def sensor_fields(sensors: Collection[Sensor] = ()) -> tuple[Field, ...]:
    """Return the fields, with the names of these sensors for completion."""
    names = {sensor.name for sensor in sensors}
    vantages = {sensor.vantage for sensor in sensors} - {""}
    return (
        _field("sensor", "name of the sensor; * and ? stand for any text and character", "sensor:web-*", names),
        _field("vantage", "where the sensor captures", "vantage:edge", vantages),
    )


def _field(name: str, explanation: str, example: str, words: Collection[str]) -> Field:
    known: dict[str, Callable[..., bool]] = {word: _pattern(word) for word in sorted(words)}
    return Field(name, "word", lambda sensor: None, explanation, example, words=known, records=(Sensor,))


def parse_sensors(text: str) -> SensorFilter:
    """Parse a filter of sensors. A bare word is a sensor's name.

    Raises:
        FilterError: it is not a valid filter.
    """
    if len(text) > MAX_CHARACTERS:
        raise FilterError(f"filter too long: at most {MAX_CHARACTERS:,} characters", MAX_CHARACTERS, len(text))
    found = parsed(text, _test_of)
    return SensorFilter() if found is None else SensorFilter(*found)


def _test_of(word: Word) -> tuple[str, Test]:
    name = (word.field or "sensor").lower()
    if name not in FIELDS:
        message = f"no {word.field} here: sums of sensors hold no single exchanges; use sensor: or vantage:"
        raise FilterError(message, word.start, word.start + len(word.field))
    if word.operator not in (":", "="):
        raise FilterError(f"{name} cannot be compared: write {name}:web-*", word.start, word.end)
    place = FIELDS.index(name)
    matches = [_pattern(each) for each in ([word.value] if word.quote else word.value.split(","))]
    text = f"{name}:{word.quote}{word.value}{word.quote}"
    return text, lambda sensor: any(match(sensor[place]) for match in matches)


def _pattern(text: str) -> Callable[[str], bool]:
    """Return a test of the whole name, in which case does not matter."""
    compiled = re.compile(translate(text), re.IGNORECASE)
    return lambda name: compiled.match(name) is not None
