"""One term becomes a test: the kinds of fields, and what can be said about each."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from settings.closest import did_you_mean
from store.filtering.addresses import lives
from store.filtering.errors import FilterError
from store.filtering.fields import Field, Read, anywhere, by_name
from store.filtering.patterns import search
from store.filtering.quantities import PLAIN, SIZE, TIME, Scale, holds, items
from store.filtering.words import Word
from traffic.records import Exchange

Test = Callable[[Exchange], object]
"""What it returns is true when the exchange matches."""

_SIMPLE: Final = re.compile(r"\w[\w./,+-]*")
_ORDERS: Final = ("<", "<=", ">", ">=")
_CODES: Final = re.compile(r"\d{3}(?:-\d{3}|\.\.+(?:\d{3})?)?|\.\.+\d{3}", re.ASCII)
_CLASS: Final = re.compile("([1-9])xx", re.IGNORECASE)


def test_of(word: Word, known: Mapping[str, Field]) -> tuple[str, Test]:
    """A term in its canonical text, and its test. `!=` is not known here.

    Raises:
        FilterError: no such field, or its value says nothing.
    """
    if not word.field:
        return _quoted(word.value, word.quote), _text(word, anywhere)
    field = known.get(word.field.lower())
    if field is None:
        raise _unknown(word, known)
    return f"{field.name}{word.operator}{_quoted(word.value, word.quote)}", _KINDS[field.kind](word, field)


def _quoted(value: str, quote: str) -> str:
    """As it was written, without quotes that are plainly not needed."""
    if _SIMPLE.fullmatch(value) and value.lower() not in ("and", "or", "not"):
        return value
    return f"{quote}{value}{quote}"


def _text(word: Word, read: Read) -> Test:
    if word.operator in _ORDERS:
        message = f"{word.field} is a text: {word.field}:... searches it, {word.field}=... is the whole of it"
        raise FilterError(message, word.start, word.end)
    if word.operator == "=":
        whole = re.sub(r"\\([\\\"'])", r"\1", word.value) if word.quote else word.value
        return lambda exchange: read(exchange) == whole
    if not word.value:
        message = f'nothing to search for; {word.field or "ua"}="" is a text that is empty'
        raise FilterError(message, word.start, word.end)
    found = search(re.sub(r"\\([\"'])", r"\1", word.value) if word.quote else word.value, word.value_start)

    def test(exchange: Exchange) -> object:
        text = read(exchange)
        return text is not None and found(text)

    return test


def _quantity(scale: Scale) -> Callable[[Word, Field], Test]:
    def kind(word: Word, field: Field) -> Test:
        test, read = holds(word, scale), field.read

        def known_and_held(exchange: Exchange) -> bool:
            value = read(exchange)
            return value is not None and test(value)

        return known_and_held

    return kind


def _status(word: Word, field: Field) -> Test:
    """As a number, or `5xx`, or `none`."""
    if word.operator in _ORDERS:
        return _quantity(PLAIN)(word, field)
    return _either(_one_status(word._replace(value=text, value_start=start), field) for text, start in items(word))


def _one_status(word: Word, field: Field) -> Test:
    if word.value.lower() == "none":
        return lambda exchange: exchange.status is None
    if group := _CLASS.fullmatch(word.value):
        word = word._replace(value=f"{group[1]}00-{group[1]}99")
    elif _CODES.fullmatch(word.value) is None:
        message = f"{word.field} needs a code of three digits, as 404, or 5xx, 200-299, none"
        raise FilterError(message, word.value_start, word.value_start + len(word.value))
    return _quantity(PLAIN)(word, field)


def _address(word: Word, field: Field) -> Test:
    if word.operator in _ORDERS:
        raise FilterError(f"{word.field} cannot be compared: write {field.example}", word.start, word.end)
    test, read = lives(word), field.read
    return lambda exchange: test(*read(exchange))


def _one_of(word: Word, field: Field) -> Test:
    """One of the words that there are, or several with commas."""
    assert field.words is not None
    if word.operator in _ORDERS:
        raise FilterError(f"{word.field} cannot be compared: write {field.example}", word.start, word.end)
    tests: list[Test] = []
    for text, start in items(word):
        if text.lower() not in field.words:
            near = did_you_mean(text.lower(), field.words) or f"there are {', '.join(field.words)}"
            message = f"{word.field}:{text} means nothing: {near}"
            raise FilterError(message, start, start + len(text))
        tests.append(field.words[text.lower()])
    return _either(tests)


def _either(tests: Iterable[Test]) -> Test:
    several = list(tests)
    return several[0] if len(several) == 1 else lambda exchange: any(test(exchange) for test in several)


def _unknown(word: Word, known: Mapping[str, Field]) -> FilterError:
    names = dict.fromkeys(field.name for field in by_name().values())
    near = did_you_mean(word.field.lower(), known) or f"there are {', '.join(names)}"
    message = f"no field {word.field!r}: {near}; in quotes it is a text to search for"
    return FilterError(message, word.start, word.start + len(word.field))


_KINDS: Final[dict[str, Callable[[Word, Field], Test]]] = {
    "text": lambda word, field: _text(word, field.read),
    "status": _status,
    "number": _quantity(PLAIN),
    "time": _quantity(TIME),
    "size": _quantity(SIZE),
    "address": _address,
    "word": _one_of,
}
