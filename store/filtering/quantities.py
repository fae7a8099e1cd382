"""Numbers with units, comparisons and ranges: `time>500ms`, `size:10k..1M`, `status:404,5xx`."""

import operator as operators
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from store.filtering.errors import FilterError
from store.filtering.words import Word

NumberTest = Callable[[float], bool]
"""Tests whether a number is among those a value stands for."""


class Scale(NamedTuple):
    """The units of a field's numbers."""

    units: Mapping[str, str]
    """The value of each unit, in lower case; the user may leave out the empty one."""
    example: str
    """A number with its unit, for messages."""


TIME: Final = Scale({"us": "0.000001", "ms": "0.001", "s": "1", "min": "60"}, "500ms or 1.5s")
"""Scale of times, in seconds."""
SIZE: Final = Scale(
    {"": "1", "b": "1"}
    | {
        unit + end: one
        for unit, one in (
            ("k", "1e3"),
            ("m", "1e6"),
            ("g", "1e9"),
            ("ki", "1024"),
            ("mi", "1048576"),
            ("gi", "1073741824"),
        )
        for end in ("", "b")
    },
    "10k or 1.5MiB",
)
"""Scale of sizes, in bytes."""
PLAIN: Final = Scale({"": "1"}, "404")

_COMPARE: Final = {"<": operators.lt, "<=": operators.le, ">": operators.gt, ">=": operators.ge}
_NUMBER: Final = re.compile(r"(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})\s*([^\W\d]*)", re.ASCII)
_MICRO: Final = re.compile("[\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}]")
_RANGE: Final = re.compile(r"(.*?)\.\.+(.*)")
_HYPHENATED: Final = re.compile(r"(\d+)-(\d+)", re.ASCII)


def number_test(word: Word, scale: Scale) -> NumberTest:
    """Return a test for the numbers of a term, which is a comparison or a list of numbers and ranges.

    Raises:
        FilterError: a part of the value is not a number, or its unit is missing or wrong.
    """
    if word.operator in _COMPARE:
        compare, limit = _COMPARE[word.operator], number(word, word.value, word.value_start, scale)
        return lambda value: compare(value, limit)
    spans = [_span(word, text, start, scale) for text, start in comma_separated(word)]
    if len(spans) == 1:
        ((low, high),) = spans
        if low == high and scale is TIME and word.operator == ":":
            raise _exact_time(word)
        return lambda value: low <= value <= high
    return lambda value: any(low <= value <= high for low, high in spans)


def comma_separated(word: Word) -> list[tuple[str, int]]:
    """Return the comma-separated parts of a value, each with its position in the filter's text."""
    parts, start = [], word.value_start
    for part in word.value.split(","):
        parts.append((part, start))
        start += len(part) + 1
    return parts


def number(word: Word, text: str, start: int, scale: Scale) -> float:
    """Convert a number with its unit to the scale's base unit."""
    end = start + len(text)
    found = _NUMBER.fullmatch(_MICRO.sub("u", text.strip()))
    needed = "a number" if "" in scale.units else "a number with a unit"
    if found is None:
        raise FilterError(f"{word.field} needs {needed}, such as {scale.example}", start, end)
    unit = scale.units.get(found[2].lower())
    if unit is None and not found[2]:
        raise FilterError(
            f"{found[1]} needs a unit: {', '.join(found[1] + unit for unit in _named(scale))}", start, end
        )
    if unit is None:
        raise FilterError(f"unknown unit {found[2]!r}; use {needed}, such as {scale.example}", start, end)
    return float(Decimal(found[1]) * Decimal(unit))


def _exact_time(word: Word) -> FilterError:
    """Return the error for an exact time: times are measured, so nothing takes exactly that long."""
    name, value = word.field, word.value
    message = f"nothing takes exactly {value}: write {name}>{value}, or a range such as {name}:100ms..1s"
    return FilterError(message, word.start, word.end)


def _named(scale: Scale) -> list[str]:
    return [unit for unit in ("us", "ms", "s") if unit in scale.units]


def _span(word: Word, text: str, start: int, scale: Scale) -> tuple[float, float]:
    """Return both ends of a range, which are included; for a single number, that number twice."""
    found = _RANGE.fullmatch(text) or (_HYPHENATED.fullmatch(text) if scale is PLAIN else None)
    if found is None:
        single = number(word, text, start, scale)
        return single, single
    if not (found[1] or found[2]):
        raise FilterError(
            f"a range needs a limit before or after it, such as {scale.example}", start, start + len(text)
        )
    low = number(word, found[1], start, scale) if found[1] else float("-inf")
    high = number(word, found[2], start + found.start(2), scale) if found[2] else float("inf")
    if low > high:
        raise FilterError("the lower number of a range comes first", start, start + len(text))
    return low, high
