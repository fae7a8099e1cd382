"""A client that looks for its controller under generated names, most of which nobody registered."""

from collections.abc import Iterator
from typing import Final

from detection.exchanges import marked
from detection.known_names import is_local
from detection.lookups import domains, lookups, of_addresses, queries
from detection.tally import Distinct, Repeats, Tally
from traffic.batch import Batch
from traffic.finding import MEDIUM, Finding
from traffic.records import DnsLookup

WINDOW: Final = 120.0
"""Seconds: the window of the tallies."""
PAUSE: Final = 600.0
"""Seconds until the same client is reported again."""
MOST: Final = 10
"""Times the floor that distinct domains are counted."""
MAX_CLIENTS: Final = 2000
"""Clients counted in a half of the window."""
EXISTING: Final = 4
"""Lookups of names that exist for each missing domain: with more, it is a crawler or a resolver of many clients."""


class GeneratedNames:
    """Clients that ask for the addresses of at least `floor` registered domains that do not exist, in two minutes.

    All names with the suffix of a search list have one registered domain. Local names are left out.
    """

    name, title, records = "generated_names", "Generated domain names", (DnsLookup,)

    def __init__(self, floor: int = 40) -> None:
        self._floor = floor
        self._domain = domains()
        self._missing = Distinct(WINDOW, most=MOST * floor, max_keys=MAX_CLIENTS)
        self._existing = Tally(WINDOW)
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(DnsLookup)
        rows = queries(table) & of_addresses(table)
        missing = marked(table.texts("rcode"), lambda code: code == "NXDOMAIN")
        answered = marked(table.texts("rcode"), lambda code: code == "NOERROR")
        for asked in lookups(table, rows & (missing | answered)):
            if is_local(asked.name):
                continue
            if not missing[asked.number]:
                self._existing.add(asked.client, asked.time)
                continue
            domain = self._domain(asked.name)
            number = self._missing.add(asked.client, asked.time, domain)
            existing = self._existing.total(asked.client, asked.time)
            if number < self._floor or existing > EXISTING * number:
                continue
            if self._repeats.is_first(asked.client, asked.time):
                reason = (
                    f"{asked.client} asked for {number} domains that do not exist in two minutes, "
                    f"and {existing} times for names that do"
                )
                yield Finding(
                    asked.time, self.name, self.name, MEDIUM, asked.client, 0, asked.server, asked.server_port,
                    "", "", reason, domain, "T1568.002",
                )  # fmt: skip
