"""Finds out what must hold of an exchange so that rules can match: necessary conditions. Pure.

Rules run in phases, in the order of the files. A rule that is nobody sees (`nolog`, `pass`) matters only by what it
sets and skips. Conditions are those of the *first* rule that is seen: up to it, variables have only values that
unseen rules gave them. So rules on scores need no test: as long as no other rule matched, the scores are what they
were.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from detection.waf.expressions import Untranslatable, translated
from detection.waf.operators import Check, Operator, check, operator
from detection.waf.seclang import Actions, Link, Marker, Rule, RuleSet, matches_number
from detection.waf.transaction_values import MACRO, TransactionValues, assigned
from detection.waf.variables import Subject, Variable, names_needed, subjects, variables

PHASES: Final = (1, 2, 3, 4, 5)
_MATCHED: Final = frozenset(("MATCHED_VAR", "MATCHED_VARS"))
_GROUP: Final = re.compile(r"tx\.(\d)", re.IGNORECASE)
_PROCESSORS: Final = {
    "URLENCODED": "urlencoded", "JSON": "json", "XML": "xml", "MULTIPART": "multipart",
}  # fmt: skip
"""What a content type has whose body is parsed so anyway."""


class Capture(NamedTuple):
    """A group of an expression, between two strings."""

    pattern: str
    group: int
    before: bytes
    after: bytes


class Step(NamedTuple):
    """A transformation of a value: one of the engine's, or a capture."""

    name: str
    capture: Capture | None = None


class Test(NamedTuple):
    """Holds if some value of some subject passes the check after all steps."""

    subjects: tuple[Subject, ...]
    steps: tuple[Step, ...]
    at_each_step: bool
    """Whether the check is also made before and between the steps."""
    check: Check
    negated: bool


class Condition(NamedTuple):
    """If a rule matches, all of these tests hold. Without any, it may always match."""

    rule: str
    tests: tuple[Test, ...]


def conditions(
    rules: RuleSet, words_of: Callable[[str, str], str | None], ignored: range = range(0)
) -> list[Condition]:
    """Return a condition for each rule that can match and would be seen.

    `words_of` returns the text of a file that a rule file names, or None. Rules whose numbers are `ignored` are not
    considered.
    """
    items = tuple(item for item in rules.items if isinstance(item, Marker) or item.number not in ignored)
    return _Reader(rules._replace(items=items), words_of).result()


class _Reader:
    def __init__(self, rules: RuleSet, words_of: Callable[[str, str], str | None]) -> None:
        self._rules = rules
        self._words_of = words_of
        names = [text.strip("'").partition("=")[0] for rule in _all(rules) for text in _setvars(rule)]
        self._assigned = Counter(_name(name) + "*" * (MACRO.search(name) is not None) for name in names)
        open_names = {_name(name) for name in names if MACRO.search(name)}
        self._values = TransactionValues(open_names, _has_scripts(rules))
        self._found: list[Condition] = []
        self._removed = tuple(_removals(rules))
        patterns = {text.strip("\"'") for kind, text in self._removed if kind == "tag"}
        tags = {tag for rule in _all(rules) for tag in rule.tags}
        self._tags_removed = frozenset(text for text in patterns if any(_found(text, tag) for tag in tags))
        """What lacks one of these tags may run without the rules that have it."""
        self._changed = tuple(_changes(rules))

    def result(self) -> list[Condition]:
        for phase in PHASES:
            self._phase(phase)
        return self._found

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
                    skipping, exposed = target, self._tags_removed
                elif matches is not False and (target or item.links[0].actions.has("skip")):
                    pending.add(target)

    def _rule(self, rule: Rule, certain: bool) -> bool | None:
        """Note what a rule sets, and its condition; return whether it matches, None if it may."""
        tests = self._chain(rule).tests()
        if tests is None:
            return False
        always = not tests and self._always(rule)
        for place, link in enumerate(rule.links):
            if not rule.is_seen or place < len(rule.links) - 1:
                stays = certain and always and not self._may_be_removed(rule)
                self._values.set(link.actions, stays, self._values_for(rule))
        if self._is_removed(rule):
            return None
        if rule.number and any(changes(rule) for changes in self._changed):
            tests = []
        if rule.is_seen:
            self._found.append(Condition(_label(rule), (*tests, *self._setters(rule))))
        self._found += _other_processors(rule, tests)
        return True if always else None

    def _always(self, rule: Rule) -> bool:
        values = self._values_for(rule)
        return all(
            not link.variables or values.holds(variables(link.variables), operator(link.operator)) is True
            for link in rule.links
        )

    def _is_removed(self, rule: Rule) -> bool:
        lines = (line for line in self._rules.others if line.name == "secruleremovebyid")
        return any(matches_number(line.arguments, rule.number) for line in lines)

    def _may_be_removed(self, rule: Rule) -> bool:
        return any(kind != "tag" and _removes(kind, text, rule) for kind, text in self._removed)

    def _values_for(self, rule: Rule) -> TransactionValues:
        """Return what a rule knows: nothing, if it may run without the rules that set variables."""
        return self._values if self._tags_removed <= rule.tags else TransactionValues(("",))

    def _chain(self, rule: Rule) -> "_Chain":
        return _Chain(rule, self._values_for(rule), self._words_of, self._assigned)

    def _setters(self, rule: Rule) -> Iterator[Test]:
        """Yield the tests of the one unseen rule that sets the only variables that a rule looks at."""
        wanted = variables(rule.links[0].variables)
        if len(wanted) != 1 or wanted[0].name != "TX" or not wanted[0].expression or wanted[0].prefix:
            return
        prefix = re.match(r"\^?([a-z0-9_]*)", wanted[0].expression.lower())
        if prefix is None or len(prefix[1]) < 4:
            return
        setters = [other for other in _all(self._rules) if any(prefix[1] in _name(text) for text in _setvars(other))]
        if len(setters) == 1 and not self._values.knows(prefix[1]):
            yield from self._chain(setters[0]).tests() or ()


class _Chain:
    """The links of one rule."""

    def __init__(
        self,
        rule: Rule,
        values: TransactionValues,
        words_of: Callable[[str, str], str | None],
        assignments: Counter[str],
    ) -> None:
        self._rule = rule
        self._values = values
        self._words_of = words_of
        self._assigned = assignments

    def tests(self) -> list[Test] | None:
        """Return the tests that are known; None if the rule never matches."""
        found: list[Test] = []
        for place, link in enumerate(self._rule.links):
            if not link.variables:
                continue
            wanted, how = variables(link.variables), operator(link.operator)
            source = self._source(place, wanted)
            if not self._set_before(place, wanted) and self._values.holds(wanted, how) is False:
                return None
            found += self._tests(link, wanted, how, source)
        return found

    def _set_before(self, place: int, wanted: list[Variable]) -> bool:
        """Return whether an earlier link may set a variable of transactions that a link looks at."""
        names = [_name(text) for link in self._rule.links[:place] for text in link.actions.values("setvar")]
        looked_at = [variable.selector.lower() for variable in wanted if variable.name == "TX"]
        return any(text.startswith(name) for text in looked_at for name in names)

    def _tests(
        self, link: Link, wanted: list[Variable], how: Operator, source: "_Source | None"
    ) -> Iterator[Test]:
        argument = self._values.resolved(how.argument)
        checked = argument is not None and check(how._replace(argument=argument), self._words)
        looked_at = source.subjects if source else subjects(wanted)
        if not checked or looked_at is None:
            return
        own = tuple(Step(name) for name in link.actions.steps)
        steps = (*source.steps, *own) if source else own
        at_each = link.actions.has("multimatch") or (source is not None and source.at_each_step)
        yield Test(tuple(looked_at), steps, at_each, checked, how.negated)
        if source is None:
            for part, pattern in names_needed(wanted):
                yield Test((Subject(part, None, (), False),), (), False, Check("rx", pattern.encode("latin-1")), False)

    def _words(self, name: str) -> str | None:
        return self._words_of(self._rule.file, name)

    def _source(self, place: int, wanted: list[Variable]) -> "_Source | None":
        """Return where the values of a link come from, if they are those of earlier links."""
        if place == 0 or any(variable.prefix for variable in wanted):
            return None
        wanted = [variable for variable in wanted if variable.name != "XML"]
        if len(wanted) != 1:
            return None
        if wanted[0].name in _MATCHED:
            return self._matched(place)
        return self._captured(place, wanted[0]) if wanted[0].name == "TX" else None

    def _matched(self, place: int) -> "_Source | None":
        """Values that the first link matched, before or after its steps, if all links between look at them too."""
        between = self._rule.links[1:place]
        if any({variable.name for variable in variables(link.variables)} - _MATCHED for link in between):
            return None
        looked_at = subjects(variables(self._rule.links[0].variables))
        if looked_at is None or any(subject.counted for subject in looked_at):
            return None
        steps = tuple(Step(name) for link in self._rule.links[:place] for name in link.actions.steps)
        return _Source(looked_at, steps, at_each_step=True)

    def _captured(self, place: int, variable: Variable) -> "_Source | None":
        """What the link before captured, in a variable that only it sets."""
        link = self._rule.links[place - 1]
        how = operator(link.operator)
        looked_at = subjects(variables(link.variables))
        if how.name != "rx" or how.negated or not link.actions.has("capture") or looked_at is None:
            return None
        template = self._template(link.actions, variable)
        try:
            expression = translated(how.argument)
        except Untranslatable:
            return None
        if template is None or not expression.exact or MACRO.search(how.argument):
            return None
        before, group, after = template
        capture = Capture(expression.pattern, group, before.encode("latin-1"), after.encode("latin-1"))
        steps = (*(Step(name) for name in link.actions.steps), Step("capture", capture))
        return _Source(looked_at, steps, at_each_step=False)

    def _template(self, actions: Actions, variable: Variable) -> tuple[str, int, str] | None:
        """Return the text before a group, its number and the text after it."""
        if variable.selector == "0":
            return "", 0, ""
        for text in actions.values("setvar"):
            name, _, value = text.strip("'").partition("=")
            fixed = _name(text)
            chosen = "/^" + fixed + "/" if MACRO.search(name) else fixed
            parts = MACRO.split(value)
            group = _GROUP.fullmatch(parts[1]) if len(parts) == 3 else None
            if variable.selector.lower() == chosen and group and self._alike(fixed, chosen != fixed) == 1:
                return parts[0], int(group[1]), parts[2]
        return None


    def _alike(self, name: str, is_open: bool) -> int:
        """Return how often variables are set that may have a name, or one that begins so."""
        return sum(
            count
            for other, count in self._assigned.items()
            if other == name
            or (is_open and other.startswith(name))
            or (other.endswith("*") and name.startswith(other[:-1]))
        )


class _Source(NamedTuple):
    subjects: list[Subject]
    steps: tuple[Step, ...]
    at_each_step: bool


def _label(rule: Rule) -> str:
    return str(rule.number) if rule.number else f"a rule without id in {rule.file or 'the settings'}"


def _all(rules: RuleSet) -> Iterator[Rule]:
    return (item for item in rules.items if isinstance(item, Rule))


def _has_scripts(rules: RuleSet) -> bool:
    """Return whether programs run that may set variables."""
    scripted = any(link.actions.has("exec") for rule in _all(rules) for link in rule.links)
    return scripted or any(line.name == "secrulescript" for line in rules.others)


def _setvars(rule: Rule) -> list[str]:
    return [text for link in rule.links for text in link.actions.values("setvar")]


def _name(setvar: str) -> str:
    """Return the name of a variable in lower case, up to its first macro; empty for other collections."""
    name = MACRO.split(setvar.strip("'").partition("=")[0])[0].strip().lower().lstrip("!")
    return name.removeprefix("tx.") if name.startswith("tx.") else "\0"


def _removals(rules: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield how rules are removed, always or while others run, as `id` and numbers, or `tag` or `msg` and a pattern."""
    for line in rules.others:
        if line.name.startswith("secruleremoveby"):
            yield line.name.removeprefix("secruleremoveby"), " ".join(line.arguments)
    for rule in _all(rules):
        for link in rule.links:
            for text in link.actions.values("ctl"):
                name, _, value = text.partition("=")
                if name.lower().startswith("ruleremoveby"):
                    yield name.lower().removeprefix("ruleremoveby"), value


def _removes(kind: str, text: str, rule: Rule) -> bool:
    if kind == "id":
        return matches_number((text,), rule.number)
    names = rule.tags if kind == "tag" else rule.links[0].actions.values("msg")
    return any(_found(text, name) for name in names)


def _found(pattern: str, text: str) -> bool:
    """Return whether a pattern matches; one that Python does not know may."""
    try:
        return re.search(pattern.strip("\"'"), text) is not None
    except re.error:
        return True


def _changes(rules: RuleSet) -> Iterator[Callable[[Rule], bool]]:
    """Yield which rules get other variables or actions than they were written with."""
    for line in rules.others:
        kind = line.name.removeprefix("secruleupdatetargetby").removeprefix("secruleupdateactionby")
        only_leaves_out = "target" in line.name and all(
            "!" in variable.prefix for variable in variables(line.arguments[1] if len(line.arguments) > 1 else "X")
        )
        if kind != line.name and not only_leaves_out:
            yield lambda rule, kind=kind, text=line.arguments[0]: _removes(kind, text.partition(":")[0], rule)


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
