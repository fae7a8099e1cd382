"""Finds out what must hold of an exchange so that rules can match: necessary conditions. Pure.

Rules run in phases, in the order of the files. A rule that nobody sees (`nolog`, `pass`) matters only by what it sets
and skips. Conditions are those of the *first* rule that is seen: up to it, variables have only values that unseen
rules gave them. So rules on scores need no test: as long as no other rule matched, the scores are what they were.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from detection.waf.chains import Chain
from detection.waf.changes import changes, removals, removes
from detection.waf.needs import Condition, Step, Test
from detection.waf.operators import Check, operator
from detection.waf.seclang import Marker, Rule, RuleSet, matches_number
from detection.waf.transaction_values import MACRO, TransactionValues, variable_name
from detection.waf.variables import Subject, variables

PHASES: Final = (1, 2, 3, 4, 5)
_PROCESSORS: Final = {
    "URLENCODED": "urlencoded", "JSON": "json", "XML": "xml", "MULTIPART": "multipart",
}  # fmt: skip
"""What a content type has whose body is parsed so anyway."""


def conditions(
    rules: RuleSet, words_of: Callable[[str, str], str | None], ignored: range = range(0)
) -> list[Condition]:
    """Return a condition for each rule that can match and would be seen.

    `words_of` returns the text of a file that a rule file names, or None. Rules whose numbers are `ignored` match
    without being seen.
    """
    return _Reader(rules, words_of, ignored).result()


class _Reader:
    def __init__(self, rules: RuleSet, words_of: Callable[[str, str], str | None], ignored: range) -> None:
        self._rules = rules
        self._ignored = ignored
        self._words_of = words_of
        names = [text.strip("'").partition("=")[0] for rule in rules.rules for text in rule.setvars]
        self._assigned = Counter(variable_name(name) + "*" * (MACRO.search(name) is not None) for name in names)
        open_names = {variable_name(name) for name in names if MACRO.search(name)}
        self._values = TransactionValues(open_names, _has_scripts(rules))
        self._conditions: list[Condition] = []
        self._removed = tuple(removals(rules))
        self._changed = tuple(changes(rules))

    def result(self) -> list[Condition]:
        for phase in PHASES:
            self._phase(phase)
        return self._conditions

    def _phase(self, phase: int) -> None:
        """Go through the rules of a phase; know which of them are certainly skipped."""
        skipping, exposed, pending = "", frozenset[str](), set[str]()
        for item in self._rules.items:
            if isinstance(item, Marker):
                if item.name in pending and skipping and item.name != skipping:
                    pending.add(skipping)
                    skipping = ""
                pending.discard(item.name)
                skipping = "" if item.name == skipping else skipping
            elif item.phase == phase and (not skipping or not exposed <= item.tags):
                matches = self._rule(item, certain=not pending and not skipping)
                target = next(iter(item.links[0].actions.values("skipafter")), "")
                if target and matches and not skipping and not self._may_be_removed(item):
                    skipping, exposed = target, self._tags_removed(item)
                elif matches is not False and (target or item.links[0].actions.has("skip")):
                    pending.add(target)

    def _rule(self, rule: Rule, certain: bool) -> bool | None:
        """Note what a rule sets, and its condition; return whether it matches, None if it may."""
        changed = any(removes(kind, text, rule) for kind, text in self._changed)
        tests = [] if changed else self._chain(rule).tests()
        if tests is None:
            return False
        always = not tests and not changed and self._always(rule)
        seen = changed or (rule.is_seen and rule.number not in self._ignored)
        for place, link in enumerate(rule.links):
            if not seen or place < len(rule.links) - 1:
                stays = certain and always and not self._may_be_removed(rule)
                self._values.set(link.actions, stays, self._values.known_to(rule.tags), self._tags_removed(rule))
        if self._is_removed(rule):
            return None
        if seen:
            self._conditions.append(Condition(_label(rule), (*tests, *self._setters(rule))))
        self._conditions += _other_processors(rule, tests)
        return True if always else None

    def _always(self, rule: Rule) -> bool:
        values = self._values.known_to(rule.tags)
        return all(
            not link.variables or values.holds(variables(link.variables), operator(link.operator)) is True
            for link in rule.links
        )

    def _is_removed(self, rule: Rule) -> bool:
        lines = (line for line in self._rules.others if line.name == "secruleremovebyid")
        return any(matches_number(line.arguments, rule.number) for line in lines)

    def _may_be_removed(self, rule: Rule) -> bool:
        return any(kind != "tag" and removes(kind, text, rule) for kind, text in self._removed)

    def _tags_removed(self, rule: Rule) -> frozenset[str]:
        """Return the tags by which a rule may be removed; what lacks one of them may run without it."""
        patterns = (text.strip("\"'") for kind, text in self._removed if kind == "tag")
        return frozenset(text for text in patterns if removes("tag", text, rule))

    def _chain(self, rule: Rule) -> Chain:
        return Chain(rule, self._values.known_to(rule.tags), self._words_of, self._assigned)

    def _setters(self, rule: Rule) -> Iterator[Test]:
        """Yield the tests of the one unseen rule that sets the only variables that a rule looks at."""
        wanted = variables(rule.links[0].variables)
        if len(wanted) != 1 or wanted[0].name != "TX" or not wanted[0].expression or wanted[0].prefix:
            return
        prefix = re.match(r"\^?([a-z0-9_]*)", wanted[0].expression.lower())
        if prefix is None or len(prefix[1]) < 4:
            return
        setters = [
            other for other in self._rules.rules if any(prefix[1] in variable_name(text) for text in other.setvars)
        ]
        if len(setters) == 1 and not self._values.knows(prefix[1]):
            yield from self._chain(setters[0]).tests() or ()


def _label(rule: Rule) -> str:
    return str(rule.number) if rule.number else f"a rule without id in {rule.file or 'the settings'}"


def _has_scripts(rules: RuleSet) -> bool:
    """Return whether programs run that may set variables."""
    scripted = any(link.actions.has("exec") for rule in rules.rules for link in rule.links)
    return scripted or any(line.name == "secrulescript" for line in rules.others)


def _other_processors(rule: Rule, tests: Iterable[Test]) -> Iterator[Condition]:
    """Yield when a rule has the body parsed in another way than its content type says."""
    for link in rule.links:
        for text in link.actions.values("ctl"):
            name, _, value = text.partition("=")
            if name.lower() == "requestbodyprocessor":
                kind = _PROCESSORS.get(value.upper(), "")
                yield Condition(f"{_label(rule)} ({value})", (*tests, _has_body(), *_not_typed(kind)))


def _has_body() -> Test:
    return Test((Subject("body_length", None, (), False),), (), False, Check("gt", b"0"), False)


def _not_typed(kind: str) -> Iterator[Test]:
    """Yield the test that the content type does not say so; without a content type, it fails too."""
    subject = (Subject("content_type", None, (), False),)
    if kind:
        yield Test(subject, (Step("lowercase"),), False, Check("contains", kind.encode()), True)
