"""A client that asks for many different paths that do not exist."""

from collections.abc import Iterator
from typing import Final

from detection.exchanges import chosen, host_of
from detection.tally import Distinct, Repeats
from traffic.batch import Batch
from traffic.finding import MEDIUM, Finding
from traffic.records import Exchange

WINDOW: Final = 60.0
"""Seconds: the window of the tally."""
PAUSE: Final = 600.0
"""Seconds until the same client is reported again."""


class PathScan:
    """Clients with at least `floor` distinct paths answered by 404 or 410 in a minute.

    A page with dead links has a few of these; a scanner tries a list.
    """

    name, title, records = "path_scan", "Searching for hidden paths", (Exchange,)

    def __init__(self, floor: int = 30) -> None:
        self._floor = floor
        self._paths = Distinct(WINDOW, most=floor)
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(Exchange)
        status = table.numbers("status")
        for row in chosen(table, (status == 404) | (status == 410), "client", "path"):
            client, path = row.texts
            if client is None or path is None or self._paths.add(client, row.time, path) < self._floor:
                continue
            if self._repeats.is_first(client, row.time):
                reason = f"{client} asked for {self._floor} or more paths that do not exist in a minute"
                yield Finding(
                    row.time, self.name, self.name, MEDIUM, client, 0, row.server, row.server_port,
                    host_of(table, row.number), "", reason, path, "T1595.003",
                )  # fmt: skip
