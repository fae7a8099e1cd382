"""A client that asks for one path with ever new query strings, which no cache can answer."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from detection.exchanges import Group, grouped, marked
from detection.halves import Half, halves
from detection.tally import Distinct, Repeats
from traffic.batch import Batch, Table
from traffic.finding import MEDIUM, Finding
from traffic.records import Exchange

WINDOW: Final = 60.0
"""Seconds: the window of the tallies."""
PAUSE: Final = 600.0
"""Seconds until the same client is reported again."""
SLOWER: Final = 2
"""Factor below the floor's rate under which requests for a path are passed over, batch by batch: most are that rare."""


class CacheBusting:
    """Clients that ask for one path with at least `floor` distinct query strings in a minute.

    A person who types into a search field makes one or two in a second.
    """

    name, title, records = "cache_busting", "Queries that avoid caches", (Exchange,)

    def __init__(self, floor: int = 300) -> None:
        self._floor = floor
        self._queries = Distinct(WINDOW, most=floor)
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(Exchange)
        queried = marked(table.texts("target"), lambda target: "?" in target)
        for half in halves(table, WINDOW):
            rows = np.zeros(len(table), np.bool_)
            rows[half.rows] = queried[half.rows]
            for group in grouped(table, rows, self._floor * half.length / WINDOW / SLOWER, "client", "domain", "path"):
                yield from self._judged(half, group)

    def _judged(self, half: Half, group: Group) -> Iterator[Finding]:
        client, host, path = group.texts
        key = f"{client} {host}{path}"
        queries = self._queries.add_all(key, half.time, _queries(half.table, group))
        if queries >= self._floor and self._repeats.is_first(key, half.time):
            reason = f"{client} asked for {host}{path} with {self._floor} or more different queries in a minute"
            last = half._replace(rows=group.rows)
            yield Finding(
                half.time, self.name, self.name, MEDIUM, client, 0, *last.server(), host, path, reason, "", "T1499.002"
            )


def _queries(table: Table, group: Group) -> Iterator[str]:
    """Iterate over the query strings of a group, each at least once."""
    targets = table.texts("target")
    for code in {*targets.codes[group.rows].tolist()}:
        yield targets.values[code].partition("?")[2]
