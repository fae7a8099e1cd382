"""Translates expressions of PCRE to those of the core, which run in linear time. Pure.

Where the core lacks something, the result matches more (a *superset*): lookarounds are left out, references match
anything. What is not known is refused, so that no expression is ever taken for another.
"""

import re
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"\\x\{[0-9A-Fa-f]{1,2}\}|\\x[0-9A-Fa-f]{0,2}|\\.|\(\?(?:P?<[A-Za-z_]\w*>|<?[=!]|[>:]|[a-zA-Z-]*[:)])|\(|\)"
    r"|\[|[*+?]|\{\d+(?:,\d*)?\}|.",
    re.DOTALL,
)
_IN_CLASS: Final = re.compile(r"\\x\{[0-9A-Fa-f]{1,2}\}|\\x[0-9A-Fa-f]{0,2}|\[:\^?[a-z]+:\]|\\.|.", re.DOTALL)
_SAME: Final = frozenset([r"\d", r"\D", r"\w", r"\W", r"\b", r"\B", r"\A", r"\z"])
_SETS: Final = frozenset([r"\d", r"\D", r"\w", r"\W", r"\s", r"\S"])
_WHITE: Final = {r"\s": "\\t-\\r ", r"\S": "^\\t-\\r "}
_BYTES: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "a": "\a", "e": "\x1b"}
_FLAGS: Final = re.compile(r"\(\?[ims]*(?:-[ims]*)?[:)]")


class ExpressionError(ValueError):
    """An expression has something that is not known here."""


class Expression(NamedTuple):
    """An expression of the core."""

    pattern: str
    exact: bool
    """Whether it matches the same; otherwise it matches more."""


def translated(pattern: str) -> Expression:
    """Translate an expression of bytes, each a character below 256.

    Raises:
        ExpressionError: it has syntax that is not known.
    """
    return _Translator(pattern).result()


class _Translator:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0
        self._parts: list[str] = []
        self._exact = True

    def result(self) -> Expression:
        while self._place < len(self._pattern):
            self._one()
        return Expression("".join(self._parts), self._exact)

    def _next(self, tokens: re.Pattern[str]) -> str:
        found = tokens.match(self._pattern, self._place)
        if found is None:
            raise ExpressionError("it breaks off")
        self._place = found.end()
        return found[0]

    def _comes(self, text: str) -> bool:
        return self._pattern.startswith(text, self._place)

    def _one(self) -> None:
        token = self._next(_TOKEN)
        if token == "[":
            self._parts.append(self._class())
        elif token.startswith("\\"):
            self._parts.append(self._escape(token))
        elif token.startswith("(?"):
            self._group(token)
        elif token == "(" and (self._comes("?") or self._comes("*")):
            raise ExpressionError(self._pattern[self._place - 1 :][:4])
        elif token in "()*+?.^$|" or len(token) > 1:
            self._repeat_or_plain(token)
        else:
            self._parts.append(_literal(token))

    def _repeat_or_plain(self, token: str) -> None:
        """Possessive repetition matches less than what is made of it here."""
        self._parts.append(token)
        if token[0] in "*+?{" and self._comes("+"):
            self._place += 1
            self._exact = False

    def _escape(self, token: str) -> str:
        if token in _SAME:
            return token
        if token in _WHITE:
            return f"[{_WHITE[token]}]"
        if token == r"\Z":
            return r"(?:\n?\z)"
        if token[1] in "123456789" and not self._pattern[self._place : self._place + 1].isdecimal():
            self._exact = False
            return "(?:.*)"
        return _literal(_byte(token))

    def _group(self, token: str) -> None:
        if token in ("(?=", "(?!", "(?<=", "(?<!"):
            self._skip_group()
            self._exact = False
        elif token == "(?>":
            self._exact = False
            self._parts.append("(?:")
        elif token.endswith(">"):
            self._parts.append("(")
        elif _FLAGS.fullmatch(token):
            self._parts.append(token)
        else:
            raise ExpressionError(token)

    def _skip_group(self) -> None:
        """Leave out an assertion, which can only make the expression match less."""
        depth = 1
        while depth:
            token = self._next(_TOKEN)
            if token == "[":
                self._class()
            elif token == ")":
                depth -= 1
            elif token.startswith("(") and not token.endswith(")"):
                depth += 1
        self._parts.append("(?:)")

    def _class(self) -> str:
        """Return a class with each byte escaped, so that nothing in it has another meaning."""
        parts = ["["]
        if self._comes("^"):
            self._place += 1
            parts.append("^")
        may_begin_range, first = False, True
        while True:
            token = self._next(_IN_CLASS)
            if token == "]" and not first:
                return "".join((*parts, "]"))
            first = False
            if token == "-" and may_begin_range and not self._comes("]"):
                parts.append("-" + self._end_of_range())
                may_begin_range = False
            else:
                parts.append(_member(token))
                may_begin_range = token not in _SETS and not token.startswith("[:")

    def _end_of_range(self) -> str:
        """Return the byte after a dash; before a set, PCRE takes the dash as a byte."""
        token = self._next(_IN_CLASS)
        if token in _SETS or token.startswith("[:"):
            raise ExpressionError("a range that ends with a set")
        return _member(token)


def _member(token: str) -> str:
    if token in _WHITE:
        return _WHITE[token] if token == r"\s" else f"[{_WHITE[token]}]"
    if token in _SETS or token.startswith("[:"):
        return token
    return _literal(_byte(token) if token.startswith("\\") else token)


def _byte(token: str) -> str:
    """Return the byte that an escape stands for."""
    name = token[1:]
    if name[0] == "x" and len(name) > 1:
        return chr(int(name[1:].strip("{}"), 16))
    if name in _BYTES:
        return _BYTES[name]
    if name.isalnum():
        raise ExpressionError(token)
    return name


def _literal(byte: str) -> str:
    return byte if byte.isascii() and byte.isalnum() else f"\\x{ord(byte):02X}"
