"""Finds the tests of one rule: what is known of each link of its chain. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from detection.waf.expressions import ExpressionError, translated
from detection.waf.needs import Capture, Step, Test
from detection.waf.operators import Check, Operator, check, operator
from detection.waf.seclang import Actions, Link, Rule
from detection.waf.transaction_values import MACRO, TransactionValues, variable_name
from detection.waf.variables import Subject, Variable, names_needed, subjects, variables

_MATCHED: Final = frozenset(("MATCHED_VAR", "MATCHED_VARS"))
_GROUP: Final = re.compile(r"tx\.(\d)", re.IGNORECASE)


class Chain:
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
        names = [variable_name(text) for link in self._rule.links[:place] for text in link.actions.values("setvar")]
        looked_at = [variable.selector.lower() for variable in wanted if variable.name == "TX"]
        return any(text.startswith(name) for text in looked_at for name in names)

    def _tests(self, link: Link, wanted: list[Variable], how: Operator, source: "_Source | None") -> Iterator[Test]:
        argument = self._values.resolved(how.argument)
        checked = argument is not None and check(how._replace(argument=argument), self._words)
        looked_at = source.subjects if source else subjects(wanted)
        if not checked or looked_at is None:
            return
        if link.actions.steps and any(subject.counted for subject in looked_at):
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
        except ExpressionError:
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
            fixed = variable_name(text)
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
