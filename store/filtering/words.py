"""Splits a filter's text into words: terms, parentheses, `and`, `or`, `not`.

A value ends at a space, or at a closing parenthesis that it did not open. A backslash escapes the next character, and
nothing within `[...]` counts. So a regular expression can be written as it is, as long as it has no spaces. Values in
single or double quotes may contain anything.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple

from store.filtering.errors import FilterError


class WordKind(Enum):
    """The kind of a word."""

    TERM = "term"
    AND = "and"
    OR = "or"
    NOT = "not"
    OPEN = "("
    CLOSE = ")"


class Word(NamedTuple):
    """A word and its position."""

    kind: WordKind
    start: int
    end: int
    field: str = ""
    """For a term: the field's name as written, empty for a bare word."""
    operator: str = ":"
    """One of `:`, `=`, `!=`, `<`, `<=`, `>` and `>=`."""
    value: str = ""
    """The value as written, without its quotes."""
    quote: str = ""
    """The quote, `"` or `'`, or empty."""
    value_start: int = 0
    """Where the value starts, after its opening quote."""


_SPACE: Final = re.compile(r"\s*")
_HEAD: Final = re.compile(r"([^\W\d]\w*)(\s*:?(?:[<>]=?|!=|==?)\s*|:)")
"""Field and operator. Spaces are allowed around `<`, `>` and `=`, as in `time > 500ms`."""
_SIGNS: Final = (
    ("&&", WordKind.AND),
    ("||", WordKind.OR),
    ("(", WordKind.OPEN),
    (")", WordKind.CLOSE),
    ("!", WordKind.NOT),
)
_NAMED: Final = {"and": WordKind.AND, "or": WordKind.OR, "not": WordKind.NOT}
_CLASS: Final = re.compile(r"\[\^?\]?(?:\\.|\[:\w*:\]|[^\]\\\s])*\]")


def words(text: str) -> Iterator[Word]:
    """Iterate over the words of `text`.

    Raises:
        FilterError: a quote is not closed, or a value is missing.
    """
    position = _after_space(text, 0)
    while position < len(text):
        word = _sign(text, position) or _term(text, position)
        yield word
        position = _after_space(text, word.end)


def end_of_value(text: str, position: int) -> int:
    """Return where an unquoted value that starts at `position` ends.

    Raises:
        FilterError: a parenthesis in it is not closed.
    """
    start, depth = position, 0
    while position < len(text) and not text[position].isspace():
        here = text[position]
        if here == "[" and (group := _CLASS.match(text, position)):
            position = group.end()
            continue
        if here == ")" and not depth:
            break
        depth += (here == "(") - (here == ")")
        position += 2 if here == "\\" else 1
    if depth:
        raise FilterError("unclosed ( in a value: quote the value, or add )", start, min(position, len(text)))
    return min(position, len(text))


def _after_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position


def _sign(text: str, start: int) -> Word | None:
    for sign, kind in _SIGNS:
        if text.startswith(sign, start):
            return Word(kind, start, start + len(sign))
    after = text[start + 1 : start + 2]
    return Word(WordKind.NOT, start, start + 1) if text[start] == "-" and after and not after.isspace() else None


def _term(text: str, start: int) -> Word:
    head = _HEAD.match(text, start)
    if head is None or (head[1].lower() in _NAMED and head[2][:1].isspace()):  # `not :<` negates the text `:<`
        return _bare(text, start)
    field, operator = head[1], head[2].strip().lstrip(":") or ":"
    operator = "=" if operator == "==" else operator
    if text.startswith(("<", ">", "="), head.end()):
        raise FilterError("two comparisons in a row; quote the second to search as text", head.end(), head.end() + 1)
    value, quote, end = _value(text, head.end())
    if end == head.end():
        raise FilterError(f"{field}{operator} needs a value right after it", start, head.end())
    return Word(WordKind.TERM, start, end, field, operator, value, quote, head.end() + len(quote))


def _bare(text: str, start: int) -> Word:
    if text[start] in "<>=":
        raise FilterError("field name missing before this, as in time>500ms", start, start + 1)
    value, quote, end = _value(text, start)
    if not quote and value.lower() in _NAMED:
        return Word(_NAMED[value.lower()], start, end)
    return Word(WordKind.TERM, start, end, value=value, quote=quote, value_start=start + len(quote))


def _value(text: str, start: int) -> tuple[str, str, int]:
    """Return the value that starts here, its quote, and where it ends."""
    quote = text[start : start + 1]
    if quote not in ('"', "'"):
        end = end_of_value(text, start)
        return text[start:end], "", end
    end = start + 1
    while end < len(text) and text[end] != quote:
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise FilterError(f"unclosed quote: add {quote} at the end", start, len(text))
    after = text[end + 1 : end + 2]
    if after and after != ")" and not after.isspace():
        raise FilterError("add a space after a quoted value", end + 1, end + 2)
    return text[start + 1 : end], quote, end + 1
