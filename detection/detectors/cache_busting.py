"""A client that asks for one path with ever new query strings, which no cache can answer."""

from collections.abc import Iterator
from typing import Final

from detection.exchanges import chosen, host_of, marked
from detection.tally import Distinct, Repeats
from traffic.batch import Batch
from traffic.finding import MEDIUM, Finding
from traffic.records import Exchange

WINDOW: Final = 60.0
"""Seconds: the window of the tally."""
PAUSE: Final = 600.0
"""Seconds until the same client is reported again."""


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
        for row in chosen(table, queried, "client", "path", "target"):
            client, path, target = row.texts
            if client is None or path is None or target is None:
                continue
            host = host_of(table, row.number)
            key = f"{client} {host}{path}"
            queries = self._queries.add(key, row.time, target.partition("?")[2])
            if queries >= self._floor and self._repeats.is_first(key, row.time):
                reason = f"{client} asked for {host}{path} with {self._floor} or more different queries in a minute"
                yield Finding(
                    row.time, self.name, self.name, MEDIUM, client, 0, row.server, row.server_port, host, path,
                    reason, "", "T1499.002",
                )  # fmt: skip
