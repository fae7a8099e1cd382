"""Many rules, of which few are looked at closely: those whose keyword the traffic has. Pure."""

from collections.abc import Callable, Iterator, Sequence

from detection.suricata.keywords import finder
from detection.suricata.matching import fits
from detection.suricata.rule import Rule

Get = Callable[[str], Sequence[bytes]]
"""Returns the buffers with a name."""


class RuleSet:
    """The rules of one protocol."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._always = [rule for rule in rules if not rule.keyword]
        by_keyword: dict[bytes, list[Rule]] = {}
        for rule in rules:
            if rule.keyword:
                by_keyword.setdefault(rule.keyword, []).append(rule)
        self._rules = [*by_keyword.values()]
        self._find = finder([*by_keyword])

    def __len__(self) -> int:
        return len(self._always) + sum(map(len, self._rules))

    def candidates(self, text: bytes) -> Iterator[Rule]:
        """Iterate over the rules that may fit traffic with these bytes."""
        yield from self._always
        for place in self._find(text):
            yield from self._rules[place]


def applies(rule: Rule, get: Get) -> bool:
    """Return whether all groups of a rule fit a buffer each."""
    return all(
        any(fits(group.parts, _changed(buffer, group.transforms)) for buffer in get(group.buffer))
        for group in rule.groups
    )


def _changed(buffer: bytes, transforms: Sequence[Callable[[bytes], bytes]]) -> bytes:
    for transform in transforms:
        buffer = transform(buffer)
    return buffer
