"""Many rules, of which few are looked at closely: those whose keyword is in their buffer. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from detection.suricata.buffers import Key, transformed
from detection.suricata.keywords import Find, finder
from detection.suricata.matching import Buffer, fits
from detection.suricata.rule import Group, Rule

Get = Callable[[Key], Sequence[Buffer]]
"""Returns the buffers with a name."""


class _Wanted(NamedTuple):
    """The rules with a keyword in the same buffer."""

    find: Find
    rules: list[list[Rule]]
    """Those with the same keyword, by its place."""


class RuleSet:
    """The rules of one protocol and direction."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._count = len(rules)
        self._always = [rule for rule in rules if rule.keyword is None]
        by_buffer: dict[Key, dict[bytes, list[Rule]]] = {}
        for rule in rules:
            if rule.keyword is not None:
                buffer, keyword = rule.keyword
                by_buffer.setdefault(buffer, {}).setdefault(keyword.lower(), []).append(rule)
        self._wanted = {buffer: _Wanted(finder([*them]), [*them.values()]) for buffer, them in by_buffer.items()}

    def __len__(self) -> int:
        return self._count

    def fitting(self, get: Get, is_about: Callable[[Rule], bool]) -> Iterator[Rule]:
        """Iterate over the rules that fit what has these buffers, each once: those that are about it at all."""
        for rule in self._candidates(get):
            if is_about(rule) and applies(rule, get):
                yield rule

    def _candidates(self, get: Get) -> Iterator[Rule]:
        yield from self._always
        for buffer, wanted in self._wanted.items():
            places = {place for one in get(buffer) for place in wanted.find(one.text)}
            for place in sorted(places):
                yield from wanted.rules[place]

    def may_fit(self, name: str, text: bytes) -> bool:
        """Return whether a rule may fit something with this text in the buffer of that name."""
        return bool(self._always) or any(
            wanted.find(transformed(Buffer(text), transforms).text)
            for (buffer, transforms), wanted in self._wanted.items()
            if buffer == name
        )


def applies(rule: Rule, get: Get) -> bool:
    """Return whether all groups of a rule fit a buffer each."""
    return all(_is_there(group, get(group.buffer)) for group in rule.groups)


def _is_there(group: Group, buffers: Sequence[Buffer]) -> bool:
    if group.absent and not buffers:
        return True
    return group.absent != "only" and any(fits(group.parts, buffer) for buffer in buffers)
