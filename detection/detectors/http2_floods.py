"""Clients that send frames of HTTP/2 which cost them nothing and the server work."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from detection.exchanges import Row, chosen, marked
from detection.tally import Escalation, Tally
from traffic.batch import Batch, Table
from traffic.finding import HIGH, MEDIUM, Finding
from traffic.records import (
    CONTINUATIONS,
    EMPTY_FRAMES,
    PING_FLOOD,
    PRIORITY_FLOOD,
    PROVOKED_RESET,
    RAPID_RESET,
    RESET,
    SETTINGS_FLOOD,
    Exchange,
    Strain,
)

WINDOW: Final = 60.0
"""Seconds: the window of the tally."""
PAUSE: Final = 600.0
"""Seconds until the same client is reported again."""
MANY: Final = 5
"""Factor above the floor from which a finding is high."""


class Flood(NamedTuple):
    """A kind of flood."""

    rule: str
    did: str
    """What the client does in each second of it, and how often at least."""


FLOODS: Final[Mapping[str, Flood]] = MappingProxyType(
    {
        RAPID_RESET: Flood("rapid_reset", "cancelled 100 or more requests before they were answered"),
        PROVOKED_RESET: Flood("provoked_reset", "made the server reset 100 or more requests by wrong frames"),
        SETTINGS_FLOOD: Flood("settings_flood", "sent 100 or more SETTINGS"),
        PING_FLOOD: Flood("ping_flood", "sent 1,000 or more PINGs"),
        PRIORITY_FLOOD: Flood("priority_flood", "sent 1,000 or more PRIORITY frames"),
        EMPTY_FRAMES: Flood("empty_frame_flood", "sent 1,000 or more empty frames"),
        CONTINUATIONS: Flood("continuation_flood", "sent 100 or more CONTINUATION frames"),
    }
)


class Http2Floods:
    """Clients with at least `floor` seconds of a flood on their connections in a minute.

    Cancelled requests must also be more than the others: a proxy passes on the clicks of many users.
    """

    name, title, records = "http2_floods", "Floods of HTTP/2 frames", (Strain, Exchange)

    def __init__(self, floor: int = 3) -> None:
        self._floor = floor
        self._seconds = Tally(WINDOW)
        self._cancelled, self._others = Tally(WINDOW), Tally(WINDOW)
        self._until = 0.0
        self._reported = Escalation(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(Strain)
        if len(table):
            self._until = float(table.numbers("time").max()) + WINDOW
        self._count(batch.table(Exchange))
        for row in chosen(table, marked(table.texts("kind"), FLOODS.__contains__), "client", "kind"):
            client, kind = row.texts
            seconds = self._seconds.add(f"{kind} {client}", row.time)
            if client and kind and seconds >= self._floor and (kind != RAPID_RESET or self._cancels(client, row.time)):
                yield from self._finding(row, client, FLOODS[kind], seconds)

    def _count(self, table: Table) -> None:
        """Count the exchanges of each client, cancelled or not, while there is a flood."""
        if not len(table) or (last := float(table.numbers("time").max())) > self._until:
            return
        cancelled = marked(table.texts("ending"), RESET.__eq__)  # the server may answer before it reads the reset
        sources = table.texts("source")
        for tally, rows in ((self._cancelled, cancelled), (self._others, ~cancelled)):
            codes = sources.codes[rows]
            numbers = np.bincount(codes[codes >= 0], minlength=len(sources.values))
            for code in numbers.nonzero()[0].tolist():
                tally.add(sources.values[code], last, int(numbers[code]))

    def _cancels(self, client: str, time: float) -> bool:
        return self._cancelled.total(client, time) > self._others.total(client, time)

    def _finding(self, row: Row, client: str, flood: Flood, seconds: int) -> Iterator[Finding]:
        severity = HIGH if seconds >= MANY * self._floor else MEDIUM
        if self._reported.is_news(severity, f"{flood.rule} {client}", row.time):
            reason = f"{client} {flood.did} in each of {seconds:,} seconds of a minute"
            yield Finding(
                row.time, flood.rule, self.name, severity, client, 0, row.server, row.server_port, "", "", reason, "",
                "T1499.002",
            )  # fmt: skip
