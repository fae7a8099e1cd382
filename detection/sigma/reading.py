"""Turns Sigma rules into conditions on our columns, with pySigma. Pure.

Sigma's specification 2.0: values of a field are alternatives, texts are compared as a whole and without regard to case,
`*` and `?` are wildcards. Only log sources that are HTTP or DNS on the wire have records here.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml
from sigma import conditions as parsed
from sigma import types
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from detection.sigma import conditions
from detection.sigma.conditions import Condition
from detection.sigma.fields import FIELDS, KEYWORDS, Field
from detection.sigma.patterns import Pattern, PatternError, Searching
from detection.sigma.rules import Rule
from traffic.finding import CRITICAL, HIGH, INFO, LOW, MEDIUM
from traffic.records import DnsLookup, Exchange

_SEVERITIES: Final = {"informational": INFO, "low": LOW, "medium": MEDIUM, "high": HIGH, "critical": CRITICAL}
_SOURCES: Final = {
    ("webserver", None): Exchange,
    ("proxy", None): Exchange,
    ("dns", None): DnsLookup,
    (None, "http"): Exchange,
    (None, "dns"): DnsLookup,
}
"""Kinds of records by category and service of the log source."""
_PRODUCTS: Final = (None, "zeek", "apache", "nginx")
"""Products whose logs have the fields that are here."""
_MANY: Final = types.SpecialChars.WILDCARD_MULTI
_WILDCARDS: Final = {_MANY: "(?s:.*)", types.SpecialChars.WILDCARD_SINGLE: "(?s:.)"}
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_TECHNIQUE: Final = re.compile(r"t\d{4}(?:\.\d{3})?")
EMPTY: Final = Pattern("(?i)^$")
"""The pattern of an empty text, which is a missing one too."""


class MalformedError(ValueError):
    """A file has no valid rules. The text is one line that begins with the file."""


class UnsupportedError(ValueError):
    """A rule needs something that is not on the wire, or that this program does not do. The text says what."""


class Reading:
    """What was read from files: rules, the patterns that they refer to, and what was left out."""

    def __init__(self, prepare: Searching) -> None:
        """`prepare` is tried with each regular expression."""
        self.rules: list[Rule] = []
        self.patterns: dict[tuple[type, str], list[Pattern]] = {}
        """Patterns by the kind of records and the column in which they are looked for."""
        self.left_out: dict[str, str] = {}
        """Why a rule was left out, by file and title."""
        self._prepare = prepare

    def take(self, path: str, text: str) -> None:
        """Take the rules of a file. One that needs what is not there is left out.

        Raises:
            MalformedError: the file is not YAML, or a rule is malformed.
        """
        for rule in _parsed(path, text):
            self._add(path, rule)

    def _add(self, path: str, rule: SigmaRule | SigmaCorrelationRule) -> None:
        try:
            if isinstance(rule, SigmaCorrelationRule):
                raise UnsupportedError("it correlates other rules")
            self.rules.append(self._rule(rule))
        except UnsupportedError as error:
            self.left_out[f"{path}: {rule.title}"] = str(error)
        except SigmaError as error:
            raise MalformedError(f"{path}: {rule.title}: {_in_one_line(error)}") from error

    def place(self, kind: type, column: str, pattern: Pattern) -> int:
        """Return the place of a pattern in its column, where it is added if it is new."""
        known = self.patterns.setdefault((kind, column), [])
        if pattern not in known:
            try:
                self._prepare([pattern])
            except PatternError as error:
                raise UnsupportedError(f"a regular expression is not supported: {error.args[0]}") from error
            known.append(pattern)
        return known.index(pattern)

    def _rule(self, rule: SigmaRule) -> Rule:
        source = rule.logsource
        kind = _SOURCES.get((source.category, source.service)) if source.product in _PRODUCTS else None
        if kind is None:
            raise UnsupportedError("their logs are not of HTTP or DNS")
        reader = _Reader(kind, self)
        condition = conditions.any_of([reader.condition(each.parsed) for each in rule.detection.parsed_condition])
        severity = LOW if rule.level is None else _SEVERITIES[rule.level.name.lower()]
        techniques = (tag.name for tag in rule.tags if tag.namespace == "attack" and _TECHNIQUE.fullmatch(tag.name))
        name = _SEPARATORS.sub("-", rule.title.lower()).strip("-")
        return Rule(name, rule.title, severity, next(techniques, "").upper(), kind, condition)


class _Reader:
    """Reads the condition of a rule."""

    def __init__(self, kind: type, reading: Reading) -> None:
        self._kind = kind
        self._reading = reading

    def condition(self, tree: Any) -> Condition:
        match tree:
            case parsed.ConditionAND(args=args):
                return conditions.all_of([self.condition(each) for each in args])
            case parsed.ConditionOR(args=args):
                return conditions.any_of([self.condition(each) for each in args])
            case parsed.ConditionNOT(args=args):
                return conditions.none_of(self.condition(args[0]))
            case parsed.ConditionFieldEqualsValueExpression(field=name, value=value):
                return self._of_field(self._field(name), value)
            case parsed.ConditionValueExpression(value=value):
                return self._keyword(value)
        raise UnsupportedError(f"{type(tree).__name__} is not supported")

    def _field(self, name: str) -> Field:
        field = FIELDS[self._kind].get(name.lower())
        if field is None:
            raise UnsupportedError(f"the field {name} is not in our records")
        return field

    def _of_field(self, field: Field, value: Any) -> Condition:
        match value:
            case types.SigmaExpansion(values=values):
                return conditions.any_of([self._of_field(field, each) for each in values])
            case types.SigmaExists():
                there = conditions.is_there(*field)
                return there if value.exists else conditions.none_of(there)
            case types.SigmaNull():
                return conditions.none_of(conditions.is_there(*field))
        return self._of_number(field.column, value) if field.number else self._of_text(field.column, value)

    def _of_number(self, column: str, value: Any) -> Condition:
        match value:
            case types.SigmaCompareExpression(number=number):
                return conditions.is_number(column, value.op.name, number.number)
            case types.SigmaNumber(number=number):
                return conditions.is_number(column, "EQ", number)
            case types.SigmaString() if str(value).isdecimal():
                return conditions.is_number(column, "EQ", int(str(value)))
        raise UnsupportedError(f"{column} is a number, and no text")

    def _of_text(self, column: str, value: Any) -> Condition:
        if isinstance(value, types.SigmaCIDRExpression):
            return conditions.is_within(column, value.cidr)
        pattern = _pattern(value)
        if pattern == EMPTY:
            return conditions.none_of(conditions.is_there(column, number=False))
        return conditions.has_pattern(column, self._reading.place(self._kind, column, pattern))

    def _keyword(self, value: Any) -> Condition:
        """Return the condition that a text is anywhere in the line of a log."""
        if isinstance(value, types.SigmaNumber):
            value = types.SigmaString(str(value.number))
        if isinstance(value, types.SigmaString):
            value = _MANY + value + _MANY
        return conditions.any_of([self._of_text(column, value) for column in KEYWORDS[self._kind]])


def _parsed(path: str, text: str) -> Iterator[SigmaRule | SigmaCorrelationRule]:
    """Iterate over the rules of a file."""
    try:
        documents = [each for each in yaml.safe_load_all(text) if each]
        rules = SigmaCollection.from_dicts(documents, collect_errors=True).rules
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark is not None else path
        raise MalformedError(f"{place}: it is not YAML: {getattr(error, 'problem', None) or 'damaged'}") from error
    except (SigmaError, AttributeError, TypeError) as error:
        raise MalformedError(f"{path}: {_in_one_line(error)}") from error
    for rule in rules:
        if rule.errors:
            raise MalformedError(f"{path}: {rule.title or 'a rule'}: {_in_one_line(rule.errors[0])}")
        yield rule


def _pattern(value: Any) -> Pattern:
    match value:
        case types.SigmaRegularExpression():
            flags = "".join(flag.name[0].lower() for flag in value.flags)
            return Pattern(f"(?{flags}:{value.regexp.original})" if flags else value.regexp.original)
        case types.SigmaString():
            return _of_whole(value)
        case types.SigmaNumber(number=number):
            return _of_whole(types.SigmaString(str(number)))
    raise UnsupportedError(f"values of the type {type(value).__name__.removeprefix('Sigma')} are not supported")


def _of_whole(text: types.SigmaString) -> Pattern:
    """Return the pattern of a text with wildcards, which is compared as a whole."""
    parts: list[Any] = list(text.s)
    if any(not isinstance(part, str | types.SpecialChars) for part in parts):
        raise UnsupportedError("placeholders are not supported")
    begins, ends = parts[:1] != [_MANY], parts[-1:] != [_MANY]
    middle = parts[not begins : len(parts) - (not ends)]
    expression = "".join(
        _WILDCARDS[part] if isinstance(part, types.SpecialChars) else re.escape(part) for part in middle
    )
    case = "" if isinstance(text, types.SigmaCasedString) else "(?i)"
    longest = max((part for part in middle if isinstance(part, str)), key=len, default="")
    return Pattern(f"{case}{'^' * begins}{expression}{'$' * ends}", longest)


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())
