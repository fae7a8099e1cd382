"""Main contributors to an alert: the largest of each kind whose share is larger than usual.

If one client sends everything, it also causes every alert: naming it says nothing.
"""

from collections.abc import Mapping, Sequence
from heapq import nsmallest
from types import MappingProxyType
from typing import Final

from alerting.alert import Contributor
from alerting.signal_statistics import (
    ASKED,
    CLIENT_ERROR,
    FAULTS,
    OUTCOMES,
    SERVER_ERROR,
    UNANSWERED,
    SignalStatistic,
)
from alerting.window import Window
from alerting.window_sum import WindowSum
from store.distribution import NO_TIMES, bin_of

NAMED: Final = 3
"""Maximum contributors of each kind."""
LEAST_SHARE: Final = 0.1
"""Minimum share of the total; smaller contributors explain nothing."""
LEAST_EXCESS: Final = 0.1
"""Minimum distance of a share from the usual share of the same name."""
NEW: Final = 0.005
"""Usual share below which a name is new."""
NAME_LENGTH: Final = 200
"""Maximum characters of a contributor's name."""
_TIMED: Final = 50
"""Names whose response times are looked at, those with the most responses."""


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
        Contributor(
            kind,
            name[:NAME_LENGTH],
            amount,
            min(1.0, amount / total),
            kind in usual and usual[kind].get(name, 0.0) < NEW,
        )
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
        kinds[each.kind] = _less(more.of(each).names(), less.of(each).names(), scale)
    return contributors(total, kinds, _shares(statistics, usual))


def failure_contributors(window: Window, outcome: str, detail: str = OUTCOMES.kind) -> tuple[Contributor, ...]:
    """Return the main contributors to the exchanges with an outcome, whose own details are of the kind `detail`.

    Usual is the share of all requests.
    """
    details = window.of(OUTCOMES).names(outcome)
    kinds = {detail: details} | {each.kind: window.of(each).names(outcome) for each in FAULTS}
    return contributors(sum(details.values()), kinds, _shares(ASKED, window))


def fault_contributors(window: Window, usual: Window | None) -> tuple[Contributor, ...]:
    """Return the main contributors to the excess of failures over the usual, of every outcome but fine ones."""
    kinds = {each.kind: _faults(window, each) for each in (OUTCOMES, *FAULTS)}
    total = sum(kinds[OUTCOMES.kind].values())
    if usual is not None:
        scale = window.seconds / usual.seconds
        less = {each.kind: _faults(usual, each) for each in (OUTCOMES, *FAULTS)}
        kinds = {kind: _less(names, less[kind], scale) for kind, names in kinds.items()}
        total = max(0, round(total - scale * sum(less[OUTCOMES.kind].values())))
    return contributors(total, kinds, _shares(ASKED, window if usual is None else usual))


def slow_contributors(
    statistics: Sequence[SignalStatistic], window: Window, subject: str, usual: Window | None
) -> tuple[Contributor, ...]:
    """Return the main contributors to the slow responses that came to the usual ones. A response is slow if it took as
    long as the slower half of those of the key `subject`, but is not among the fastest nine tenths of its usual ones.
    """
    edge = max(_quantile(statistics, window, subject, 0.5), _quantile(statistics, usual, subject, 0.9))
    kinds = {each.kind: _not_below(edge, window.of(each)) for each in statistics}
    if usual is not None:
        scale = window.seconds / usual.seconds
        kinds = {each.kind: _less(kinds[each.kind], _not_below(edge, usual.of(each)), scale) for each in statistics}
    return contributors(
        max((sum(names.values()) for names in kinds.values()), default=0),
        kinds,
        _shares(statistics, window if usual is None else usual),
    )


def _quantile(statistics: Sequence[SignalStatistic], window: Window | None, subject: str, share: float) -> int:
    """Return the bin of a quantile of the response times of a key; 0 if it does not occur."""
    sums = [] if window is None else [window.of(each) for each in statistics]
    times = next((each.times(subject) for each in sums if subject in each.names()), NO_TIMES)
    return bin_of(times.quantile(share) or 0.0)


def _faults(window: Window, statistic: SignalStatistic) -> dict[str, int]:
    outcomes = (SERVER_ERROR, CLIENT_ERROR, UNANSWERED)
    found: dict[str, int] = {}
    for outcome in outcomes:
        for name, amount in window.of(statistic).names(outcome).items():
            found[name] = found.get(name, 0) + amount
    return found


def _not_below(edge: int, sums: WindowSum) -> dict[str, int]:
    times = {name: sums.times(name).bins for name, _ in largest(sums.names(), _TIMED)}
    return {name: sum(count for number, count in bins if number >= edge) for name, bins in times.items()}


def _less(names: Mapping[str, int], fewer: Mapping[str, int], scale: float) -> dict[str, int]:
    amounts = {name: round(amount - scale * fewer.get(name, 0)) for name, amount in names.items()}
    return {name: amount for name, amount in amounts.items() if amount > 0}


def shares(sums: WindowSum, group: str = "") -> dict[str, float]:
    """Return the share of each name; with `group`, only of the names of that group, and among them."""
    names = sums.names(group)
    total = sum(names.values()) if group else sums.total
    return {name: amount / total for name, amount in names.items()} if total else {}


def _shares(statistics: Sequence[SignalStatistic], window: Window | None) -> Shares:
    return UNKNOWN if window is None else {each.kind: shares(window.of(each)) for each in statistics}
