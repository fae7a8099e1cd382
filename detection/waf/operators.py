"""Operators of rules as checks of the core. Pure."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from detection.waf.expressions import ExpressionError, translated

_OPERATOR: Final = re.compile(r"\s*(!?)\s*(?:@(\w+)\s?)?(.*)", re.DOTALL)
_PLAIN: Final = frozenset((
    "streq", "contains", "within", "beginswith", "endswith", "eq", "gt", "ge", "lt", "le", "detectsqli", "detectxss",
    "validateutf8encoding", "validateurlencoding", "unconditionalmatch",
))  # fmt: skip


class Operator(NamedTuple):
    """An operator as a rule names it."""

    negated: bool
    name: str
    """In lower case, without `@`."""
    argument: str


class Check(NamedTuple):
    """What the core checks."""

    name: str
    argument: bytes = b""
    strings: tuple[bytes, ...] = ()


def operator(text: str) -> Operator:
    """Return the operator of a rule; without a name it is an expression."""
    found = _OPERATOR.fullmatch(text)
    negated, name, argument = found.groups() if found else ("", "", text)
    return Operator(negated == "!", (name or "rx").lower(), argument.strip() if name else argument)


def check(wanted: Operator, words_of: Callable[[str], str | None]) -> Check | None:
    """Return the check of an operator, whose argument has no macro; None if it is not known.

    If the operator is not negated, the check may hold for more values. `words_of` returns the text of a file of words,
    or None.
    """
    name, argument = wanted.name, wanted.argument
    if name in ("rx", "rxglobal"):
        return _expression(argument, wanted.negated)
    if name == "pm":
        return _strings(argument.split())
    if name in ("pmf", "pmfromfile"):
        return _strings_of_file(words_of(argument), wanted.negated)
    if name == "validatebyterange":
        return _byte_range(argument)
    if "\\" in argument or name not in _PLAIN:
        return _either(name, argument) if not wanted.negated else None
    return Check(name, argument.encode("latin-1", "replace"))


def _either(name: str, argument: str) -> Check | None:
    """A quote behind a backslash is a quote to some versions, and both to others."""
    if name != "contains" or not argument:
        return None
    return Check("pm", b"", tuple(text.encode("latin-1", "replace") for text in (argument, argument.replace("\\", ""))))


def _expression(pattern: str, negated: bool) -> Check | None:
    try:
        expression = translated(pattern)
    except ExpressionError:
        return None
    return None if negated and not expression.exact else Check("rx", expression.pattern.encode("latin-1"))


def _strings(words: list[str]) -> Check | None:
    if not words or any("|" in word or "\\" in word for word in words):
        return None
    return Check("pm", b"", tuple(word.encode("latin-1", "replace") for word in words))


def _strings_of_file(text: str | None, negated: bool) -> Check | None:
    """Whether the engine cuts white space at the ends of a line is left open."""
    if text is None:
        return None
    lines = [line.rstrip("\r") for line in text.split("\n")]
    words = [line for line in lines if line.strip() and not line.startswith("#")]
    if not words or (negated and any(word != word.strip() for word in words)):
        return None
    return Check("pm", b"", tuple(word.strip().encode("latin-1", "replace") for word in words))


def _byte_range(argument: str) -> Check | None:
    pairs = []
    for word in argument.replace(" ", "").split(","):
        first, _, last = word.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal() and int(first) <= int(last or first) < 256):
            return None
        pairs.append(bytes((int(first), int(last or first))))
    return Check("validatebyterange", b"", tuple(pairs))
