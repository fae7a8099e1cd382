"""Reads ModSecurity's rule language into rules and markers, in the order of the files. Pure.

Only what decides whether a rule can match is kept. Source: ModSecurity's reference manual, version 3.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

_ARGUMENT: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)', re.DOTALL)
_ACTION: Final = re.compile(r"\s*((?:'(?:[^'\\]|\\.)*'|[^,'])*)(?:,|$)", re.DOTALL)
_CONTINUED: Final = re.compile(r"\\\r?\n[ \t]*")
_NUMBER: Final = re.compile(r"%\{rule\.id\}", re.IGNORECASE)
_PHASES: Final = {"request": 2, "response": 4, "logging": 5}
LOUD: Final = frozenset(("deny", "drop", "block", "redirect"))
"""Actions that a user sees even without a log."""


class Directive(NamedTuple):
    """A line of a rule file."""

    name: str
    """In lower case."""
    arguments: tuple[str, ...]
    """Without their quotes."""
    file: str
    """Path of the file that names it; empty for the first text."""


class Actions(NamedTuple):
    """What a rule does, and how it transforms values."""

    pairs: tuple[tuple[str, str], ...]
    """Names in lower case, with values without quotes."""

    def values(self, name: str) -> list[str]:
        """Return the values of an action."""
        return [value for known, value in self.pairs if known == name]

    def has(self, name: str) -> bool:
        """Return whether there is such an action."""
        return any(known == name for known, _ in self.pairs)

    @property
    def steps(self) -> tuple[str, ...]:
        """Transformations, in lower case, in order."""
        names = [name.lower() for name in self.values("t")]
        last_none = max((place for place, name in enumerate(names) if name == "none"), default=-1)
        return tuple(names[last_none + 1 :])


class Link(NamedTuple):
    """One condition of a rule. An action without condition has no variables."""

    variables: str
    operator: str
    actions: Actions


class Rule(NamedTuple):
    """A rule with all links of its chain."""

    links: tuple[Link, ...]
    file: str

    @property
    def number(self) -> int:
        """Its `id`; 0 if it has none."""
        text = next(iter(self.links[0].actions.values("id")), "")
        return int(text) if text.isdecimal() else 0

    @property
    def phase(self) -> int:
        """The phase that it runs in, 1 to 5."""
        text = next(reversed(self.links[0].actions.values("phase")), "2").lower()
        return int(text) if text in {"1", "2", "3", "4", "5"} else _PHASES.get(text, 2)

    @property
    def tags(self) -> frozenset[str]:
        """Its tags."""
        return frozenset(self.links[0].actions.values("tag"))

    @property
    def is_seen(self) -> bool:
        """Whether anybody notices that it matched."""
        names = [name for link in self.links for name, _ in link.actions.pairs]
        quiet = [name for name in names if name in ("log", "nolog")][-1:] == ["nolog"]
        return not quiet or not LOUD.isdisjoint(names)

    @property
    def setvars(self) -> list[str]:
        """What its links set."""
        return [text for link in self.links for text in link.actions.values("setvar")]


class Marker(NamedTuple):
    """Where `skipAfter` goes on."""

    name: str


class RuleSet(NamedTuple):
    """Rules and markers in order, and the other directives."""

    items: tuple[Rule | Marker, ...]
    others: tuple[Directive, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules without the markers."""
        return tuple(item for item in self.items if isinstance(item, Rule))


def directives(
    text: str, included: Callable[[str, str], Iterable[tuple[str, str]]], file: str = ""
) -> Iterator[Directive]:
    """Yield the directives of a text; `included` returns path and text of the files that an Include stands for."""
    for line in _CONTINUED.sub(" ", text).split("\n"):
        words = [quoted or plain for quoted, plain in _ARGUMENT.findall(line.strip())]
        if not words or words[0].startswith("#"):
            continue
        name = words[0].lower()
        if name == "include":
            for path, more in included(file, words[1]):
                yield from directives(more, included, path)
        else:
            yield Directive(name, tuple(words[1:]), file)


def rule_set(lines: Iterable[Directive]) -> RuleSet:
    """Return the rules of directives."""
    items: list[Rule | Marker] = []
    others: list[Directive] = []
    defaults: dict[int, tuple[str, ...]] = {}
    chain: list[Link] = []
    for line in lines:
        if line.name == "secmarker":
            items.append(Marker(line.arguments[0]))
        elif line.name in ("secrule", "secaction"):
            chain.append(_link(line))
            if not chain[-1].actions.has("chain"):
                items.append(_finished(Rule(tuple(chain), line.file), defaults))
                chain = []
        elif line.name == "secdefaultaction":
            actions = _actions(line.arguments[0])
            defaults[Rule((Link("", "", actions),), "").phase] = actions.steps
        else:
            others.append(line)
    return RuleSet(tuple(items), tuple(others))


def _link(line: Directive) -> Link:
    if line.name == "secaction":
        return Link("", "", _actions(line.arguments[0]))
    variables, operator, *actions = line.arguments
    return Link(variables, operator, _actions(actions[0] if actions else ""))


def _finished(rule: Rule, defaults: dict[int, tuple[str, ...]]) -> Rule:
    """Return the rule with the transformations of its phase before its own, and its number in place of the macro."""
    steps = tuple(("t", step) for step in defaults.get(rule.phase, ()))
    number = str(rule.number)
    links = []
    for link in rule.links:
        pairs = tuple((name, _NUMBER.sub(number, value)) for name, value in link.actions.pairs)
        links.append(link._replace(actions=Actions(steps + pairs)))
    return rule._replace(links=tuple(links))


def _actions(text: str) -> Actions:
    found = (action.strip() for action in _ACTION.findall(text))
    return Actions(tuple(_action(action) for action in found if action))


def _action(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == "'":
        value = value[1:-1].replace("\\'", "'")
    return name.strip().lower(), value


def matches_number(arguments: Sequence[str], number: int) -> bool:
    """Return whether a list of numbers and ranges, as in `SecRuleRemoveById`, has a number."""
    for word in re.split(r"[\s,]+", " ".join(arguments).strip()):
        first, _, last = word.strip("\"'").partition("-")
        if first.isdecimal() and int(first) <= number <= int(last if last.isdecimal() else first):
            return True
    return False
