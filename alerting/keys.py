"""The keys that are judged for themselves: sections, hosts, servers, and networks of clients.

A host counts what its sections count: a section is a host with the first segment of a path.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from alerting.contributors import largest
from alerting.signal_statistics import ASKED, CLIENT_ERROR, FAULTS, SERVER_ERROR, UNANSWERED
from alerting.window import Window
from alerting.window_sum import WindowSum
from store.distribution import Distribution

MOST_KEYS: Final = 100
"""Keys of each kind that are looked at, those with the largest amounts."""
LEAST_PART: Final = 0.02
"""Share of all responses from which on the response times of a key are looked at."""
JUDGED: Final = ("section", "server", "network")
"""Kinds of statistics whose keys are judged, besides the hosts of the sections."""
_FAILED: Final = (SERVER_ERROR, CLIENT_ERROR, UNANSWERED)


def asked(window: Window, kinds: Iterable[str] = JUDGED) -> dict[str, int]:
    """Return the requests of each key."""
    return _by_key({each.kind: window.of(each).names() for each in ASKED if each.kind in kinds})


def failed(window: Window) -> dict[str, int]:
    """Return the failed exchanges of each key: 5xx, 4xx without 404 and 410, and without a response."""
    kinds: dict[str, dict[str, int]] = {}
    for each in FAULTS:
        if each.kind in JUDGED:
            for outcome in _FAILED:
                _add(kinds.setdefault(each.kind, {}), window.of(each).names(outcome))
    return _by_key(kinds)


def times(sums: Mapping[str, WindowSum], fewest: float) -> dict[str, Distribution]:
    """Return the response times of each key with at least so many; `sums` by kind."""
    found: dict[str, Distribution] = {}
    hosts: dict[str, list[Distribution]] = {}
    for kind, each in sums.items():
        for name, amount in largest(each.names(), MOST_KEYS):
            if amount >= max(fewest, LEAST_PART * each.total):
                found.setdefault(name, each.times(name))
                if kind == "section":
                    hosts.setdefault(host(name), []).append(found[name])
    return {name: Distribution.merged(parts) for name, parts in hosts.items()} | found


def host(section: str) -> str:
    """Return the host of a section."""
    return section.partition("/")[0]


def _by_key(kinds: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    hosts: dict[str, int] = {}
    for name, amount in kinds.get("section", {}).items():
        _add(hosts, {host(name): amount})
    found = dict(largest(hosts, MOST_KEYS))
    for names in kinds.values():
        found.update(largest(names, MOST_KEYS))
    return found


def _add(known: dict[str, int], names: Mapping[str, int]) -> None:
    for name, amount in names.items():
        known[name] = known.get(name, 0) + amount
