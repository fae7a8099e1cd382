"""The rules that a detector applies, with the searches that they share. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from detection.sigma.conditions import Condition
from detection.sigma.patterns import Pattern, Searching, cached, searching


class Rule(NamedTuple):
    """A rule that can be applied."""

    name: str
    """Its title in lower case, with `-` between the words."""
    title: str
    severity: str
    technique: str
    kind: type
    """The kind of records that it is about."""
    condition: Condition


class RuleSet:
    """Rules, and what they look for in each column."""

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        patterns: Mapping[tuple[type, str], Sequence[Pattern]] | None = None,
        prepare: Searching = searching,
    ) -> None:
        """`patterns` are those that the conditions refer to, by the kind of records and the column.

        Raises:
            PatternError: a pattern is not valid.
        """
        self._rules: dict[type, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.kind, []).append(rule)
        self._searches: dict[type, dict[str, Callable[[str], Sequence[int]]]] = {}
        for (kind, column), wanted in (patterns or {}).items():
            self._searches.setdefault(kind, {})[column] = cached(prepare(wanted))

    def __len__(self) -> int:
        return sum(map(len, self._rules.values()))

    def of(self, kind: type) -> Sequence[Rule]:
        """Return the rules about a kind of records."""
        return self._rules.get(kind, ())

    def searches(self, kind: type) -> Mapping[str, Callable[[str], Sequence[int]]]:
        """Return the search of each column of a kind of records."""
        return self._searches.get(kind, {})
