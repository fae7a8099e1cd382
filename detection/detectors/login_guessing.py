"""A client that tries many passwords."""

from collections.abc import Iterator
from typing import Final

from detection.exchanges import chosen, host_of
from detection.logins import logins, posts
from detection.tally import Repeats, Tally
from traffic.batch import Batch
from traffic.finding import MEDIUM, Finding
from traffic.records import Exchange

WINDOW: Final = 60.0
"""Seconds: the window of the tally."""
PAUSE: Final = 600.0
"""Seconds until the same client is reported again."""
ELSEWHERE: Final = 5
"""Factor on the floor where the path is no login: a program with an expired token is refused again and again, too."""


class LoginGuessing:
    """Clients with at least `floor` refused or posted logins in a minute: 401, or POST to a path that is a login.

    A form answers a wrong password with 200 or a redirection, so every POST to a login counts.
    """

    name, title, records = "login_guessing", "Guessing passwords", (Exchange,)

    def __init__(self, floor: int = 20) -> None:
        self._floor = floor
        self._logins = Tally(WINDOW)
        self._refusals = Tally(WINDOW)
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(Exchange)
        to_login = logins(table)
        refused = table.numbers("status") == 401
        for row in chosen(table, refused | (to_login & posts(table)), "client", "path"):
            client, path = row.texts
            if client is None:
                continue
            is_login = bool(to_login[row.number])
            tally, floor = (self._logins, self._floor) if is_login else (self._refusals, ELSEWHERE * self._floor)
            if tally.add(client, row.time) >= floor and self._repeats.is_first(client, row.time):
                reason = f"{client} tried to log in {floor} or more times in a minute"
                yield Finding(
                    row.time, self.name, self.name, MEDIUM, client, 0, row.server, row.server_port,
                    host_of(table, row.number), path or "", reason, "", "T1110",
                )  # fmt: skip
