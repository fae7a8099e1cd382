"""A client that tries many passwords."""

import re
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detection.exchanges import chosen, host_of
from detection.tally import Repeats, Tally
from traffic.batch import Batch, Table, Texts
from traffic.records import MEDIUM, Exchange, Finding

WINDOW: Final = 60.0
"""Seconds: the window of the tally."""
PAUSE: Final = 600.0
"""Seconds until the same client is reported again."""
ELSEWHERE: Final = 5
"""Factor on the floor where the path is no login: a program with an expired token is refused again and again, too."""
_LOGIN: Final = re.compile(
    r"(?:^|[/_.-])(?:log-?in|sign-?in|sessions?|auth(?:enticate|orize)?|oauth2?|token|wp-login|xmlrpc)(?:$|[/_.-])",
    re.IGNORECASE,
)


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
        logins = _logins(table)
        refused = table.numbers("status") == 401
        for row in chosen(table, refused | (logins & _posts(table)), "client", "path"):
            client, path = row.texts
            if client is None:
                continue
            is_login = bool(logins[row.number])
            tally, floor = (self._logins, self._floor) if is_login else (self._refusals, ELSEWHERE * self._floor)
            if tally.add(client, row.time) >= floor and self._repeats.is_first(client, row.time):
                reason = f"{client} tried to log in {floor} or more times in a minute"
                yield Finding(
                    row.time, self.name, self.name, MEDIUM, client, 0, row.server, row.server_port,
                    host_of(table, row.number), path or "", reason, "", "T1110",
                )  # fmt: skip


def _posts(table: Table) -> NDArray[np.bool_]:
    return _marked(table.texts("method"), lambda method: method == "POST")


def _logins(table: Table) -> NDArray[np.bool_]:
    return _marked(table.texts("path"), lambda path: _LOGIN.search(path) is not None)


def _marked(column: Texts, test: Callable[[str], bool]) -> NDArray[np.bool_]:
    """Mark the rows whose text passes a test, which is made once for each distinct text."""
    passed = np.array([*map(test, column.values), False], np.bool_)  # a missing text has the code -1
    return passed[column.codes]
