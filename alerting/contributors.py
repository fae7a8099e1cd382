"""Who is behind an alert: the largest of each kind, with their shares of what the alert is about."""

from collections.abc import Mapping, Sequence
from heapq import nsmallest
from typing import Final

from alerting.alert import Contributor
from alerting.sums import FAULTS, OUTCOMES, Sum
from alerting.window import Window

NAMED: Final = 3
"""Contributors of a kind."""
LEAST_SHARE: Final = 0.1
"""Of the whole; who has less explains nothing."""
NAME_LENGTH: Final = 200
"""Characters of a contributor's name."""


def largest(names: Mapping[str, int], limit: int) -> list[tuple[str, int]]:
    """Names with the largest amounts, largest first; equal ones in the order of their text."""
    return nsmallest(limit, names.items(), key=lambda entry: (-entry[1], entry[0]))


def contributors(total: int, kinds: Mapping[str, Mapping[str, int]]) -> tuple[Contributor, ...]:
    """Who has the most of a total, the largest share first; `kinds` has amounts by kind and name."""
    found = [
        Contributor(kind, name[:NAME_LENGTH], amount, min(1.0, amount / total))
        for kind, names in kinds.items()
        for name, amount in largest(names, NAMED)
        if total and amount >= LEAST_SHARE * total
    ]
    return tuple(sorted(found, key=lambda one: -one.share))


def all_of(sums: Sequence[Sum], window: Window) -> tuple[Contributor, ...]:
    """Who has the most of a window."""
    return contributors(window.of(sums[0]).total, {each.kind: window.of(each).names() for each in sums})


def excess(sums: Sequence[Sum], more: Window, less: Window | None) -> tuple[Contributor, ...]:
    """Who has the most of what `more` has more than `less` in the same time."""
    if less is None:
        return all_of(sums, more)
    scale = more.seconds / less.seconds
    total = max(0, round(more.of(sums[0]).total - scale * less.of(sums[0]).total))
    kinds = {}
    for each in sums:
        usual = less.of(each).names()
        amounts = {name: round(amount - scale * usual.get(name, 0)) for name, amount in more.of(each).names().items()}
        kinds[each.kind] = {name: amount for name, amount in amounts.items() if amount > 0}
    return contributors(total, kinds)


def blamed(window: Window, outcome: str, detail: str = OUTCOMES.kind) -> tuple[Contributor, ...]:
    """Who has the most of the exchanges with an outcome; `detail` is what is told of the outcome itself."""
    details = window.of(OUTCOMES).names(outcome)
    kinds = {detail: details} | {each.kind: window.of(each).names(outcome) for each in FAULTS}
    return contributors(sum(details.values()), kinds)
