"""Main contributors to an alert: the largest of each kind whose share is larger than usual.

If one client sends everything, it also causes every alert: naming it says nothing.
"""

from collections.abc import Mapping, Sequence
from heapq import nsmallest
from types import MappingProxyType
from typing import Final

from alerting.alert import Contributor
from alerting.signal_statistics import ASKED, FAULTS, OUTCOMES, SignalStatistic
from alerting.window import Window
from alerting.window_sum import WindowSum

NAMED: Final = 3
"""Maximum contributors of each kind."""
LEAST_SHARE: Final = 0.1
"""Minimum share of the total; smaller contributors explain nothing."""
LEAST_EXCESS: Final = 0.1
"""Minimum distance of a share from the usual share of the same name."""
NAME_LENGTH: Final = 200
"""Maximum characters of a contributor's name."""


Shares = Mapping[str, Mapping[str, float]]
"""Shares from 0 to 1, by kind and name."""
UNKNOWN: Final[Shares] = MappingProxyType({})


def largest(names: Mapping[str, int], limit: int) -> list[tuple[str, int]]:
    """Return the names with the largest amounts, largest first. Ties are in alphabetical order."""
    return nsmallest(limit, names.items(), key=lambda entry: (-entry[1], entry[0]))


def contributors(
    total: int, kinds: Mapping[str, Mapping[str, int]], usual: Shares = UNKNOWN, always: str = ""
) -> tuple[Contributor, ...]:
    """Return the main contributors to a total, largest share first. `kinds` holds amounts by kind and name.

    Names with about their `usual` share are left out, but for the largest of the kind `always`.
    """
    found = [
        Contributor(kind, name[:NAME_LENGTH], amount, min(1.0, amount / total))
        for kind, names in kinds.items()
        for rank, (name, amount) in enumerate(largest(names, NAMED))
        if total and amount >= LEAST_SHARE * total
        if (kind == always and not rank) or amount / total >= usual.get(kind, {}).get(name, -1.0) + LEAST_EXCESS
    ]
    return tuple(sorted(found, key=lambda one: -one.share))


def main_contributors(
    statistics: Sequence[SignalStatistic], window: Window, usual: Window | None, always: str = ""
) -> tuple[Contributor, ...]:
    """Return the main contributors to everything in a window, as in `contributors`."""
    kinds = {each.kind: window.of(each).names() for each in statistics}
    return contributors(window.of(statistics[0]).total, kinds, _shares(statistics, usual), always)


def excess_contributors(
    statistics: Sequence[SignalStatistic], more: Window, usual: Window | None
) -> tuple[Contributor, ...]:
    """Return the main contributors to the excess of `more` over the usual, scaled to the same time."""
    if usual is None:
        return main_contributors(statistics, more, None)
    return _difference(statistics, more, usual, usual)


def missing_contributors(
    statistics: Sequence[SignalStatistic], less: Window, usual: Window | None
) -> tuple[Contributor, ...]:
    """Return the main contributors to what `less` lacks, scaled to the same time."""
    return () if usual is None else _difference(statistics, usual, less, usual)


def _difference(
    statistics: Sequence[SignalStatistic], more: Window, less: Window, usual: Window
) -> tuple[Contributor, ...]:
    scale = more.seconds / less.seconds
    total = max(0, round(more.of(statistics[0]).total - scale * less.of(statistics[0]).total))
    kinds = {}
    for each in statistics:
        fewer = less.of(each).names()
        amounts = {name: round(amount - scale * fewer.get(name, 0)) for name, amount in more.of(each).names().items()}
        kinds[each.kind] = {name: amount for name, amount in amounts.items() if amount > 0}
    return contributors(total, kinds, _shares(statistics, usual))


def failure_contributors(window: Window, outcome: str, detail: str = OUTCOMES.kind) -> tuple[Contributor, ...]:
    """Return the main contributors to the exchanges with an outcome, whose own details are of the kind `detail`.

    Usual is the share of all requests.
    """
    details = window.of(OUTCOMES).names(outcome)
    kinds = {detail: details} | {each.kind: window.of(each).names(outcome) for each in FAULTS}
    return contributors(sum(details.values()), kinds, _shares(ASKED, window))


def shares(sums: WindowSum, group: str = "") -> dict[str, float]:
    """Return the share of each name; with `group`, only of the names of that group, and among them."""
    names = sums.names(group)
    total = sum(names.values()) if group else sums.total
    return {name: amount / total for name, amount in names.items()} if total else {}


def _shares(statistics: Sequence[SignalStatistic], window: Window | None) -> Shares:
    return UNKNOWN if window is None else {each.kind: shares(window.of(each)) for each in statistics}
