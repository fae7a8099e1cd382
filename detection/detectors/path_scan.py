"""A client that asks for many different paths that do not exist."""

from collections.abc import Iterator
from typing import Final

from detection.exchanges import Row, chosen, host_of
from detection.halves import halves
from detection.tally import Distinct, Repeats, Tally
from traffic.batch import Batch, Table
from traffic.finding import MEDIUM, Finding
from traffic.records import Exchange

WINDOW: Final = 60.0
"""Seconds: the window of the tally."""
PAUSE: Final = 600.0
"""Seconds until the same client is reported again."""
SHARE: Final = 0.2
"""Share of the client's requests below which it is no scan: an office or a proxy follows many dead links, too."""


class PathScan:
    """Clients with at least `floor` distinct paths answered by 404 or 410 in a minute, and that for many requests.

    A page with dead links has a few of these; a scanner tries a list.
    """

    name, title, records = "path_scan", "Searching for hidden paths", (Exchange,)

    def __init__(self, floor: int = 30) -> None:
        self._floor = floor
        self._paths = Distinct(WINDOW, most=floor)
        self._requests, self._missing = Tally(WINDOW), Tally(WINDOW)
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(Exchange)
        for half in halves(table, WINDOW):
            for each, count in half.counts("client").items():
                self._requests.add(each, half.time, count)
        status = table.numbers("status")
        for row in chosen(table, (status == 404) | (status == 410), "client", "path"):
            client, path = row.texts
            if client is not None and path is not None:
                yield from self._judged(table, row, client, path)

    def _judged(self, table: Table, row: Row, client: str, path: str) -> Iterator[Finding]:
        missing = self._missing.add(client, row.time)
        if self._paths.add(client, row.time, path) < self._floor:
            return
        if missing >= SHARE * self._requests.total(client, row.time) and self._repeats.is_first(client, row.time):
            reason = f"{client} asked for {self._floor} or more paths that do not exist in a minute"
            yield Finding(
                row.time, self.name, self.name, MEDIUM, client, 0, row.server, row.server_port,
                host_of(table, row.number), "", reason, path, "T1595.003",
            )  # fmt: skip
