"""Main contributors to an alert: the largest of each kind, with their shares."""

from collections.abc import Mapping, Sequence
from heapq import nsmallest
from typing import Final

from alerting.alert import Contributor
from alerting.signal_statistics import FAULTS, OUTCOMES, SignalStatistic
from alerting.window import Window

NAMED: Final = 3
"""Maximum contributors of each kind."""
LEAST_SHARE: Final = 0.1
"""Minimum share of the total; smaller contributors explain nothing."""
NAME_LENGTH: Final = 200
"""Maximum characters of a contributor's name."""


def largest(names: Mapping[str, int], limit: int) -> list[tuple[str, int]]:
    """Return the names with the largest amounts, largest first. Ties are in alphabetical order."""
    return nsmallest(limit, names.items(), key=lambda entry: (-entry[1], entry[0]))


def contributors(total: int, kinds: Mapping[str, Mapping[str, int]]) -> tuple[Contributor, ...]:
    """Return the main contributors to a total, largest share first. `kinds` holds amounts by kind and name."""
    found = [
        Contributor(kind, name[:NAME_LENGTH], amount, min(1.0, amount / total))
        for kind, names in kinds.items()
        for name, amount in largest(names, NAMED)
        if total and amount >= LEAST_SHARE * total
    ]
    return tuple(sorted(found, key=lambda one: -one.share))


def main_contributors(statistics: Sequence[SignalStatistic], window: Window) -> tuple[Contributor, ...]:
    """Return the main contributors to everything in a window."""
    return contributors(window.of(statistics[0]).total, {each.kind: window.of(each).names() for each in statistics})


def excess_contributors(
    statistics: Sequence[SignalStatistic], more: Window, less: Window | None
) -> tuple[Contributor, ...]:
    """Return the main contributors to the excess of `more` over `less`, scaled to the same time."""
    if less is None:
        return main_contributors(statistics, more)
    scale = more.seconds / less.seconds
    total = max(0, round(more.of(statistics[0]).total - scale * less.of(statistics[0]).total))
    kinds = {}
    for each in statistics:
        usual = less.of(each).names()
        amounts = {name: round(amount - scale * usual.get(name, 0)) for name, amount in more.of(each).names().items()}
        kinds[each.kind] = {name: amount for name, amount in amounts.items() if amount > 0}
    return contributors(total, kinds)


def failure_contributors(window: Window, outcome: str, detail: str = OUTCOMES.kind) -> tuple[Contributor, ...]:
    """Return the main contributors to the exchanges with an outcome, whose own details are of the kind `detail`."""
    details = window.of(OUTCOMES).names(outcome)
    kinds = {detail: details} | {each.kind: window.of(each).names(outcome) for each in FAULTS}
    return contributors(sum(details.values()), kinds)
