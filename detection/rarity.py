"""Who uses what: finds what one client uses and nobody else. Pure."""

from typing import Final

import numpy as np

from detection.tally import Distinct
from traffic.batch import Table

REMEMBERED: Final = 4 * 3600.0
"""Seconds: the window in which users are counted."""
COMPARED: Final = 20
"""Clients that must have been seen before a value that one of them uses is rare."""


class Rarity:
    """The users of each value of a column, such as the user agent."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._users = Distinct(REMEMBERED, most=2)
        self._clients = Distinct(REMEMBERED, most=COMPARED)

    def note(self, table: Table) -> None:
        """Note the users of a table's values: up to two of each, which is all that matters."""
        if not len(table):
            return
        clients, used = table.texts("client"), table.texts(self._column)
        time, users, codes = float(table.numbers("time")[-1]), clients.codes, used.codes
        one = np.full(len(used.values) + 1, -1)  # one more for the code -1
        one[codes] = users
        another = one.copy()
        others = users != one[codes]
        another[codes[others]] = users[others]
        for value, *pair in zip((*used.values, ""), one.tolist(), another.tolist(), strict=True):
            for client in {*pair} - {-1}:
                self._users.add(value, time, clients.values[client])
        self._clients.add_all("", time, (clients.values[client] for client in {*users.tolist()} - {-1}))

    def is_rare(self, value: str, client: str, time: float) -> bool:
        """Return whether nobody but this client uses a value, among enough clients."""
        others = self._clients.add("", time, client)
        return others >= COMPARED and self._users.add(value, time, client) < 2
