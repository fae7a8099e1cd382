"""Sorts what a dry run counted: likely false positives first, then attacks by client, then the rest. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from detection.waf.directives import Limits
from detection.waf.exclusions import FIRST, MANY, at_path, everywhere
from detection.waf.tally import Client, Row, Tally

FEW: Final = 2
"""Clients from which on a match is likely to be a false positive. One is enough if it seems to have logged in, and does
other things too."""
FAILED: Final = 3
"""Blocked requests that were refused anyway, from which on a client is an attacker."""
MANY_BLOCKED: Final = 20
"""Blocked requests from which on a client is an attacker if it made hardly any others."""
PATHS: Final = 5
KINDS: Final = 3
_SCANNER: Final = "reputation-scanner"


class Place(NamedTuple):
    """A path and a variable, with the rules that matched there."""

    host: str
    path: str
    """With `*` for parts that vary."""
    variable: str
    """Empty if unknown."""
    rules: tuple[tuple[int, Row], ...]
    """Those that block most first."""
    clients: frozenset[str]
    ordinary: int
    """Clients that do not look like attackers."""
    calm: int
    """Those of them of which at most half of the requests would be blocked."""
    exclusion: tuple[str, ...] = ()
    """Rules that exclude it; none if they cannot be written, or are those of an earlier place."""

    @property
    def first(self) -> Row:
        """The rule that blocks most."""
        return self.rules[0][1]


class Summary(NamedTuple):
    """The report of a dry run."""

    tally: Tally
    limits: Limits
    false_positives: tuple[Place, ...]
    """Likely ones, those of most clients first."""
    attackers: tuple[tuple[str, Client], ...]
    """Clients, those with most blocked requests first."""
    unclear: tuple[Place, ...]
    """What is neither."""


def summary(tally: Tally, limits: Limits) -> Summary:
    """Sort what was counted."""
    attackers = [(name, client) for name, client in tally.clients.items() if is_attacker(client)]
    attackers.sort(key=lambda one: (-one[1].blocked, one[0]))
    calm = {name for name, client in tally.clients.items() if client.blocked * 2 <= client.requests}
    places = [place for place in _places(tally, {name for name, _ in attackers}, calm) if place.ordinary]
    places.sort(key=lambda place: (-place.ordinary, -place.first.blocked, place[:3]))
    likely = [place for place in places if is_likely(place)]
    rest = [place for place in places if not is_likely(place)]
    return Summary(tally, limits, tuple(_with_exclusions(likely)), tuple(attackers), tuple(rest))


def _places(tally: Tally, attackers: set[str], calm: set[str]) -> Iterator[Place]:
    """Yield the places with rules that block."""
    found: dict[tuple[str, str, str], list[tuple[int, Row]]] = {}
    for key, row in tally.rows.items():
        if row.blocked:
            found.setdefault((key.host, key.path, key.place), []).append((key.rule, row))
    for (host, path, variable), rows in found.items():
        rows.sort(key=lambda one: (-one[1].blocked, one[0]))
        clients = frozenset(client for _, row in rows for client in row.clients)
        ordinary = clients - attackers
        yield Place(host, path, variable, tuple(rows), clients, len(ordinary), len(ordinary & calm))


def is_attacker(client: Client) -> bool:
    """Return whether a client looks like an attacker.

    That is a scanner, or one that has not logged in, and does hardly anything else, is refused, or tries many things.
    """
    if _SCANNER in client.attacks:
        return True
    if client.trusted * 2 >= client.blocked:
        return False
    only = client.blocked >= MANY_BLOCKED and client.blocked * 2 > client.requests
    refused = client.blocked >= FAILED and client.refused * 2 > client.blocked
    paths = len(client.paths)
    return only or refused or paths >= PATHS or (paths >= KINDS and len(client.attacks) >= KINDS)


def is_likely(place: Place) -> bool:
    """Return whether a place is likely to be a false positive: ordinary clients are answered as if all was well."""
    row = place.first
    well = row.answered * 3 >= row.hits
    return (
        well
        and row.attack != _SCANNER
        and (place.ordinary >= FEW or (place.calm > 0 and row.logged_in * 2 >= row.hits))
    )


def _with_exclusions(places: Sequence[Place]) -> Iterator[Place]:
    """Add exclusions; those of a variable with false positives at many paths are for all paths."""
    paths = Counter(place.variable for place in places)
    rules: dict[str, set[int]] = {}
    for place in places:
        rules.setdefault(place.variable, set()).update(rule for rule, _ in place.rules)
    written: set[str] = set()
    number = FIRST
    for place in places:
        many = paths[place.variable] >= MANY
        text = everywhere(sorted(rules[place.variable]), place.variable) if many else ()
        if text:
            yield place._replace(exclusion=() if place.variable in written else text)
            written.add(place.variable)
            continue
        text = at_path(sorted(rule for rule, _ in place.rules), place.path, place.variable, number)
        number += len(text)
        yield place._replace(exclusion=text)
