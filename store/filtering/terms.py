"""Turns one term into a test, by the kind of its field."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from settings.closest import did_you_mean
from store.filtering.addresses import address_test
from store.filtering.errors import FilterError
from store.filtering.fields import ANYWHERE, Field, Read, by_name
from store.filtering.patterns import search
from store.filtering.quantities import PLAIN, SIZE, TIME, Scale, comma_separated, number_test
from store.filtering.words import Word
from traffic.records import Exchange

Test = Callable[[Any], object]
"""Tests a record; its result is used as true or false."""

_SIMPLE: Final = re.compile(r"\w[\w./,+-]*")
_COMPARED: Final = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_ORDERS: Final = tuple(_COMPARED)
_CODES: Final = re.compile(r"\d{3}(?:-\d{3}|\.\.+(?:\d{3})?)?|\.\.+\d{3}", re.ASCII)
_CLASS: Final = re.compile("([1-9])xx", re.IGNORECASE)


def test_of(word: Word, known: Mapping[str, Field], kind: type) -> tuple[str, Test]:
    """Return a term's canonical text and its test of records of a kind. The caller handles `!=`.

    Raises:
        FilterError: the field does not exist, or its value is invalid.
    """
    if not word.field:
        return _quoted(word.value, word.quote), _text(word, ANYWHERE[kind])
    field = known.get(word.field.lower())
    if field is None:
        raise _unknown(word, known)
    test = _KINDS[field.kind](word, field)
    text = f"{field.name}{word.operator}{_quoted(word.value, word.quote)}"
    return text, test if kind in field.records else lambda record: False


def _quoted(value: str, quote: str) -> str:
    """Quote a value as the user did, unless it plainly needs no quotes."""
    if _SIMPLE.fullmatch(value) and value.lower() not in ("and", "or", "not"):
        return value
    return f"{quote}{value}{quote}"


def _text(word: Word, read: Read) -> Test:
    if word.operator in _ORDERS:
        message = f"{word.field} is text: write {word.field}:... to search it, {word.field}=... for the whole value"
        raise FilterError(message, word.start, word.end)
    if word.operator == "=":
        whole = re.sub(r"\\([\\\"'])", r"\1", word.value) if word.quote else word.value
        return lambda exchange: read(exchange) == whole
    if not word.value:
        message = f'nothing to search for; {word.field or "ua"}="" matches an empty value'
        raise FilterError(message, word.start, word.end)
    found = search(re.sub(r"\\([\"'])", r"\1", word.value) if word.quote else word.value, word.value_start)

    def test(exchange: Exchange) -> object:
        text = read(exchange)
        return text is not None and found(text)

    return test


def _quantity(scale: Scale) -> Callable[[Word, Field], Test]:
    def kind(word: Word, field: Field) -> Test:
        test, read = number_test(word, scale), field.read

        def known_and_held(exchange: Exchange) -> bool:
            value = read(exchange)
            return value is not None and test(value)

        return known_and_held

    return kind


def _status(word: Word, field: Field) -> Test:
    """Return a test for a number, a class such as `5xx`, or `none`."""
    if word.operator in _ORDERS:
        return _quantity(PLAIN)(word, field)
    return _either(
        _one_status(word._replace(value=text, value_start=start), field) for text, start in comma_separated(word)
    )


def _one_status(word: Word, field: Field) -> Test:
    if word.value.lower() == "none":
        return lambda exchange: exchange.status is None
    if group := _CLASS.fullmatch(word.value):
        word = word._replace(value=f"{group[1]}00-{group[1]}99")
    elif _CODES.fullmatch(word.value) is None:
        message = f"{word.field} needs a three-digit code such as 404, or 5xx, 200-299, none"
        raise FilterError(message, word.value_start, word.value_start + len(word.value))
    return _quantity(PLAIN)(word, field)


def _address(word: Word, field: Field) -> Test:
    if word.operator in _ORDERS:
        raise FilterError(f"{word.field} cannot be compared: write {field.example}", word.start, word.end)
    test, read = address_test(word), field.read
    return lambda exchange: test(*read(exchange))


def _one_of(word: Word, field: Field) -> Test:
    """Return a test for one of the field's words, or several separated by commas."""
    assert field.words is not None
    if word.operator in _ORDERS:
        raise FilterError(f"{word.field} cannot be compared: write {field.example}", word.start, word.end)
    tests: list[Test] = []
    for text, start in comma_separated(word):
        if text.lower() not in field.words:
            near = did_you_mean(text.lower(), field.words) or f"available: {', '.join(field.words)}"
            message = f"unknown value {word.field}:{text}; {near}"
            raise FilterError(message, start, start + len(text))
        tests.append(field.words[text.lower()])
    return _either(tests)


def _level(word: Word, field: Field) -> Test:
    """Return a test that compares with a word of the field's scale."""
    ranks = {level: rank for rank, level in enumerate(field.levels)}
    limit, read = ranks.get(word.value.lower()), field.read
    if limit is None:
        near = did_you_mean(word.value.lower(), ranks) or f"available: {', '.join(ranks)}"
        start = word.value_start
        raise FilterError(f"unknown value {word.field}:{word.value}; {near}", start, start + len(word.value))
    holds = _COMPARED.get(word.operator, operator.eq)
    return lambda record: holds(ranks[read(record)], limit)


def _either(tests: Iterable[Test]) -> Test:
    several = list(tests)
    return several[0] if len(several) == 1 else lambda exchange: any(test(exchange) for test in several)


def _unknown(word: Word, known: Mapping[str, Field]) -> FilterError:
    names = dict.fromkeys(field.name for field in by_name().values())
    near = did_you_mean(word.field.lower(), known) or f"available: {', '.join(names)}."
    message = f"no field {word.field!r}; {near} Quote it to search as text"
    return FilterError(message, word.start, word.start + len(word.field))


_KINDS: Final[dict[str, Callable[[Word, Field], Test]]] = {
    "text": lambda word, field: _text(word, field.read),
    "status": _status,
    "number": _quantity(PLAIN),
    "time": _quantity(TIME),
    "size": _quantity(SIZE),
    "address": _address,
    "word": _one_of,
    "level": _level,
}
