"""Filters: a line of text becomes a test of exchanges, and of the other records that have fields.

    parse("host:shop path:^/api (status:5xx or time>500ms)")(exchange)

Grammar:   either = both {OR both}     both = not_ {[AND] not_}     not_ = {NOT} (TERM | "(" either ")")
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

from stats.statistic import Statistic
from store.filtering.errors import FilterError
from store.filtering.fields import OTHERS, Field, by_name, key_of
from store.filtering.narrowing import quoted
from store.filtering.terms import Test, test_of
from store.filtering.words import Word, WordKind, words
from traffic.records import Exchange

Term = Callable[[Word], tuple[str, Test]]
"""Returns the canonical text of a term, without a `!`, and its test."""
MAX_CHARACTERS: Final = 2000
"""Maximum characters of a filter."""
MAX_DEPTH: Final = 30
"""Maximum depth of nested parentheses."""


@dataclass(frozen=True)
class Filter:
    """A test of exchanges. An empty filter matches everything."""

    text: str
    """The filter in canonical form, which can be parsed again."""
    accepts: Callable[[Exchange], object] = field(compare=False, repr=False)
    """The test of exchanges; its result is used as true or false."""
    others: Mapping[type, Test] = field(default_factory=dict, compare=False, repr=False)
    """The same for other kinds of records. Those without a test match."""

    def __call__(self, exchange: Exchange) -> bool:
        """Return whether an exchange matches."""
        return bool(self.accepts(exchange))

    def passes(self, record: Any) -> bool:
        """Return whether a record of another kind matches."""
        test = self.others.get(type(record))
        return test is None or bool(test(record))

    def __and__(self, other: "Filter") -> "Filter":
        """Combine two filters into one that requires both."""
        if not (self.text and other.text):
            return self if self.text else other
        texts = (f"({part.text})" if " or " in part.text else part.text for part in (self, other))
        others = {kind: _all_of([self.others[kind], other.others[kind]]) for kind in OTHERS}
        return Filter(" ".join(texts), _all_of([self.accepts, other.accepts]), others)


def parse(text: str, statistics: Sequence[Statistic] = ()) -> Filter:
    """Parse a filter. Each of the statistics is also a field, for instance `top_sections=shop.example.com/cart`.

    Raises:
        FilterError: the text is not a valid filter; the message names the fix, and its position is that of the mistake.
    """
    if len(text) > MAX_CHARACTERS:
        raise FilterError(f"filter too long: at most {MAX_CHARACTERS:,} characters", MAX_CHARACTERS, len(text))
    known = by_name(statistics)
    found = parsed(text, partial(test_of, known=known, kind=Exchange))
    if found is None:
        return Filter("", lambda exchange: True)
    again = ((kind, parsed(text, partial(test_of, known=known, kind=kind))) for kind in OTHERS)
    return Filter(*found, {kind: other[1] for kind, other in again if other is not None})


def parsed(text: str, term: Term) -> tuple[str, Test] | None:
    """Return the canonical text of a filter and its test, made of those that `term` returns; None if it is empty.

    Raises:
        FilterError: it is not a valid filter.
    """
    reader = _Reader(words(text), term, len(text))
    node = None if reader.word is None else reader.either(0)
    if reader.word is not None:
        raise FilterError("unmatched ); quote it to search as text", reader.word.start, reader.word.end)
    return None if node is None else (node.text, node.test)


def of_key(statistic: Statistic, key: str) -> Filter:
    """Return a filter for the exchanges that a statistic counts under `key`, the ones behind a row of its top list."""
    read = key_of(statistic)
    none = dict.fromkeys(OTHERS, lambda record: False)
    return Filter(f"{statistic.name}={quoted(key)}", lambda exchange: read(exchange) == key, none)


def fields(statistics: Sequence[Statistic] = ()) -> tuple[Field, ...]:
    """Return each field once, for help and completion."""
    return tuple({found.name: found for found in by_name(statistics).values()}.values())


class _Node(NamedTuple):
    """A part of the filter. `joins` is the kind of operator that holds its text together."""

    text: str
    test: Test
    joins: WordKind
    negated: "_Node | None" = None
    """The node that this one negates, if any."""


class _Reader:
    """Recursive-descent parser that looks one word ahead."""

    def __init__(self, source: Iterable[Word], term: Term, length: int) -> None:
        self._source = iter(source)
        self._test_of = term
        self._length = length
        self._before: Word | None = None
        self.word = next(self._source, None)

    def either(self, depth: int) -> _Node:
        parts = [self._both(depth)]
        while self._at(WordKind.OR):
            self._take()
            parts.append(self._both(depth))
        return _joined(parts, " or ", WordKind.OR, _any_of)

    def _both(self, depth: int) -> _Node:
        parts = [self._not(depth)]
        while not (self.word is None or self._at(WordKind.OR) or self._at(WordKind.CLOSE)):
            if self._at(WordKind.AND):
                self._take()
            parts.append(self._not(depth))
        return _joined(parts, " ", WordKind.AND, _all_of)

    def _not(self, depth: int) -> _Node:
        negated = False
        while self._at(WordKind.NOT):
            self._take()
            negated = not negated
        if self._at(WordKind.OPEN):
            node = self._in_parentheses(depth + 1)
        elif self.word is not None and self._at(WordKind.TERM):
            if self.word.operator == "!=":
                negated = not negated
            node = self._term(self.word)
        else:
            raise self._missing()
        return _negated(node) if negated else node

    def _in_parentheses(self, depth: int) -> _Node:
        opened = self._take()
        if depth > MAX_DEPTH:
            raise FilterError(f"parentheses nested too deeply: at most {MAX_DEPTH}", opened.start, opened.end)
        node = self.either(depth)
        if not self._at(WordKind.CLOSE):
            raise FilterError("unclosed (: add )", opened.start, opened.end)
        self._take()
        return node

    def _term(self, word: Word) -> _Node:
        node = _Node(*self._test_of(word._replace(operator=word.operator.lstrip("!"))), WordKind.TERM)
        self._take()
        return node

    def _at(self, kind: WordKind) -> bool:
        return self.word is not None and self.word.kind is kind

    def _take(self) -> Word:
        assert self.word is not None
        self._before, self.word = self.word, next(self._source, None)
        return self._before

    def _missing(self) -> FilterError:
        """Return the error for a word that stands where a term should be."""
        before, here = self._before, self.word
        if here is not None and (here.kind in (WordKind.AND, WordKind.OR) or before is None):
            name = here.kind.value
            reason = f"{name} needs a term before it" if here.kind is not WordKind.CLOSE else "unmatched )"
            return FilterError(f"{reason}; quote it to search as text", here.start, here.end)
        assert before is not None
        if here is not None and before.kind is WordKind.OPEN:
            return FilterError("empty parentheses: add a term", before.start, here.end)
        end = self._length if before.kind is WordKind.OPEN else before.end
        return FilterError(f"{before.kind.value} needs a term after it", before.start, end)


def _joined(parts: list[_Node], glue: str, kind: WordKind, join: Callable[[list[Test]], Test]) -> _Node:
    if len(parts) == 1:
        return parts[0]
    looser = WordKind.OR if kind is WordKind.AND else None
    texts = (f"({part.text})" if part.joins is looser else part.text for part in parts)
    return _Node(glue.join(texts), join([part.test for part in parts]), kind)


def _negated(node: _Node) -> _Node:
    if node.negated is not None:
        return node.negated
    text = node.text if node.joins is WordKind.TERM else f"({node.text})"
    return _Node(f"not {text}", _opposite(node.test), WordKind.NOT, node)


def _opposite(test: Test) -> Test:
    return lambda exchange: not test(exchange)


def _all_of(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda exchange: first(exchange) and second(exchange)
    return lambda exchange: all(test(exchange) for test in tests)


def _any_of(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda exchange: first(exchange) or second(exchange)
    return lambda exchange: any(test(exchange) for test in tests)
