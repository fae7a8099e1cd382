"""Rules for texts that must not leave: TOML, one table `[[rules]]` each. Pure.

`rules.toml` in this folder has those of the program.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from detection.leaks.checks import CHECKS
from settings.closest import did_you_mean
from traffic.finding import SEVERITIES

CARD: Final = "card_number"
TEST_CARD: Final = "test_card_number"
IBAN: Final = "iban"
_NUMBERS: Final = (CARD, TEST_CARD, IBAN)
"""Kinds that are found without a rule, so no rule may have their names."""
MOST_RULES: Final = 500
"""Rules of a file."""
LONGEST: Final = 4096
"""Characters of a text in a rule."""
MOST_TEXTS: Final = 100
"""Keywords, or expressions in `allow`, of a rule."""


class LeakRule(NamedTuple):
    """A text that must not leave."""

    name: str
    """As in findings: lower-case letters, digits and `_`."""
    title: str
    regex: str
    """In the syntax of the crate regex; the first group that takes part is the secret, or else all of it."""
    keywords: tuple[str, ...]
    """One of them occurs wherever it matches; empty if that cannot be said."""
    severity: str
    """In a response to the outside."""
    in_requests: str
    """Severity in a request."""
    entropy: float
    """Least Shannon entropy of the secret, in bits per character."""
    allow: tuple[str, ...]
    """Expressions for what is no secret."""
    check: str
    """Name of a check in `detection.leaks.checks`; empty for none."""
    place: str
    """File and line of the rule."""


class RuleError(ValueError):
    """A file has a rule that cannot be used. The text is one line for the user."""


def rules_in(content: dict[str, Any], text: str, file: str) -> list[LeakRule]:
    """Return the rules in the content of a file with this text and name.

    Raises:
        RuleError: a rule is wrong.
    """
    tables = _tables(content, file)
    lines = [*_lines_of_rules(text)]
    if len(lines) != len(tables):  # written in another way than [[rules]]
        lines = [1] * len(tables)
    rules = [_rule(table, f"{file}:{line}") for table, line in zip(tables, lines, strict=True)]
    for number, rule in enumerate(rules):
        if rule.name in (other.name for other in rules[:number]):
            raise RuleError(f"{rule.place}: the id {rule.name!r} is used twice")
    return rules


def _tables(content: dict[str, Any], file: str) -> list[dict[str, Any]]:
    tables = content.get("rules", [])
    if {*content} - {"rules"} or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RuleError(f"{file}: only [[rules]] are expected")
    if not 0 < len(tables) <= MOST_RULES:
        raise RuleError(f"{file}: has {len(tables):,} [[rules]]; 1 to {MOST_RULES:,} are expected")
    return tables


def _lines_of_rules(text: str) -> Iterator[int]:
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*\[\[\s*rules\s*\]\]", line):
            yield number


def _rule(table: dict[str, Any], place: str) -> LeakRule:
    def wrong(reason: str) -> RuleError:
        return RuleError(f"{place}: {reason}")

    for key in table:
        if key not in _KEYS:
            raise wrong(f"unknown key {key!r}; {did_you_mean(key, _KEYS) or 'known: ' + ', '.join(_KEYS)}")
    for key, (is_right, wanted) in _KEYS.items():
        if key in table and not is_right(table[key]):
            raise wrong(f"{key} must be {wanted}")
    for key in ("id", "regex"):
        if key not in table:
            raise wrong(f"{key} is missing")
    if table["id"] in _NUMBERS:
        raise wrong(f"the id {table['id']!r} is used by the program")
    severity = table.get("severity", "medium")
    return LeakRule(
        table["id"], table.get("title", table["id"]), table["regex"], tuple(table.get("keywords", ())), severity,
        table.get("in_requests", severity), float(table.get("entropy", 0)), tuple(table.get("allow", ())),
        table.get("check", ""), place,
    )  # fmt: skip


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and len(value) <= MOST_TEXTS and all(map(_is_text, value))


_SEVERITY: Final = (SEVERITIES.__contains__, "one of " + ", ".join(SEVERITIES))
_KEYS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "id": (
        lambda value: _is_text(value) and re.fullmatch("[a-z0-9_]{1,60}", value) is not None,
        "1 to 60 lower-case letters, digits and _",
    ),
    "title": (lambda value: _is_text(value) and len(value) <= 60, "a text of 1 to 60 characters"),
    "regex": (_is_text, f"a text of 1 to {LONGEST:,} characters"),
    "keywords": (_are_texts, f"a list of at most {MOST_TEXTS} texts"),
    "severity": _SEVERITY,
    "in_requests": _SEVERITY,
    "entropy": (lambda value: type(value) in (int, float) and 0 <= value <= 8, "a number from 0 to 8"),
    "allow": (_are_texts, f"a list of at most {MOST_TEXTS} texts"),
    "check": (CHECKS.__contains__, "one of " + ", ".join(CHECKS)),
}
"""What each key must be."""
