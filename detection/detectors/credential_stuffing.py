"""Many clients that each try a few stolen passwords, so that no single one stands out."""

from collections.abc import Iterator
from typing import Final

from detection.exchanges import Row, chosen, host_of
from detection.logins import failed, logins, posts
from detection.rates import Rates
from detection.tally import Distinct, Repeats
from traffic.batch import Batch
from traffic.finding import MEDIUM, Finding
from traffic.records import Exchange

WINDOW: Final = 60.0
"""Seconds: the window of the counts."""
PAUSE: Final = 600.0
"""Seconds until the same host is reported again."""
MAX_HOSTS: Final = 1000
"""Hosts that are counted in each half of the window."""
FEW: Final = 5
"""Failures of one client on average; with more it is guessing, see `login_guessing`."""
FAILED: Final = 0.7
"""Share of the logins that fail. Of people's it is a small part."""
MORE_FAILURES: Final = 5
"""Factor above the usual number of failures of the host."""
MORE_LOGINS: Final = 3
"""Factor above the usual number of logins of the host: if a directory is down, all fail but no more than usual come."""


class CredentialStuffing:
    """Hosts where the logins of at least `floor` clients failed in a minute, a few each, most of all, more than usual.

    What is usual is the average of the last hour. In the first five minutes it is not known, and the rest must do.
    """

    name, title, records = "credential_stuffing", "Stolen passwords tried by many clients", (Exchange,)

    def __init__(self, floor: int = 20) -> None:
        self._floor = floor
        self._clients = Distinct(WINDOW, most=10 * floor, max_keys=MAX_HOSTS)
        self._logins, self._failures = Rates(WINDOW, MAX_HOSTS), Rates(WINDOW, MAX_HOSTS)
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(Exchange)
        wrong = failed(table)
        for row in chosen(table, logins(table) & posts(table), "client", "path"):
            client, _ = row.texts
            host = host_of(table, row.number)
            tried = self._logins.add(host, row.time)
            if client is None or not wrong[row.number]:
                continue
            failures = self._failures.add(host, row.time)
            clients = self._clients.add(host, row.time, client)
            if clients >= self._floor and failures >= FAILED * tried and failures <= FEW * clients:
                yield from self._judged(row, host, clients, failures, tried)

    def _judged(self, row: Row, host: str, clients: int, failures: int, tried: int) -> Iterator[Finding]:
        usual, usual_failures = self._logins.usual(host), self._failures.usual(host)
        more = tried >= MORE_LOGINS * (usual or 0.0) and failures >= MORE_FAILURES * (usual_failures or 0.0)
        if more and self._repeats.is_first(host, row.time):
            usually = "" if usual_failures is None else f"; usually {usual_failures:.1f} fail"
            reason = (
                f"{clients} clients tried to log in to {host} in a minute, {failures} of {tried} times in vain{usually}"
            )
            yield Finding(
                row.time, self.name, self.name, MEDIUM, "", 0, row.server, row.server_port, host, row.texts[1] or "",
                reason, row.texts[0] or "", "T1110.004",
            )  # fmt: skip
