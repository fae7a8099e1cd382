"""The statements for users: sensors may only insert, readers only select. Pure.

They are printed and not run, because only an administrator may run them.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from history.clickhouse.schema import ALERTS, META, RECORDS, STATISTICS, SUMS, Place, Statement

WRITTEN: Final = (*SUMS.values(), ALERTS, RECORDS, STATISTICS)
"""Tables that sensors write."""
NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A user's name: as a sensor's, so that no quote is needed in it."""
_QUOTA: Final = "queries = 20000, errors = 2000, written_bytes = 10000000000"
"""Maximum per sensor and hour: a hundred times what one sends, so that an outage of a day is sent in some minutes."""


class User(NamedTuple):
    """A user to create."""

    name: str
    password: str = ""
    """Empty for a user that is identified by a client certificate with its name as CN."""


def statements(place: Place, sensors: Sequence[User], readers: Sequence[User]) -> list[Statement]:
    """Return the statements for two roles and for these users; they may be run again."""
    sensor, reader = f"{place.database}_sensor", f"{place.database}_reader"
    both = [each for name in WRITTEN for each in dict.fromkeys((place.table(name), place.local(name)))]
    every = [*both, place.table(META)]
    on = place.on_cluster
    return [
        Statement("sensors may only insert", f"CREATE ROLE IF NOT EXISTS {sensor}{on}"),
        *(Statement("", f"GRANT{on} INSERT ON {table} TO {sensor}") for table in both),
        Statement(
            "readers may only select, for a minute each time",
            f"CREATE ROLE IF NOT EXISTS {reader}{on} SETTINGS readonly = 2, max_execution_time = 60",
        ),
        *(Statement("", f"GRANT{on} SELECT ON {table} TO {reader}") for table in every),
        Statement("the sizes that `store status` prints", f"GRANT{on} SELECT ON system.parts TO {reader}"),
        Statement(
            "a sensor that runs wild does not take the server with it",
            f"CREATE QUOTA IF NOT EXISTS {sensor}{on} KEYED BY user_name FOR INTERVAL 1 hour MAX {_QUOTA} TO {sensor}",
        ),
        *(each for user in sensors for each in _created(user, sensor, on)),
        *(each for user in readers for each in _created(user, reader, on)),
    ]


def _created(user: User, role: str, on: str) -> list[Statement]:
    if NAME.fullmatch(user.name) is None:
        raise ValueError(f"{user.name!r} is not a name; use letters, digits, dots, - and _")
    identified = f"ssl_certificate CN '{user.name}'"
    if user.password:
        # The server's log has only this.
        identified = f"sha256_hash BY '{sha256(user.password.encode()).hexdigest()}'"
    purpose = f"{user.name}, by certificate" if not user.password else f"{user.name}, with the password {user.password}"
    return [
        Statement(purpose, f"CREATE USER IF NOT EXISTS `{user.name}`{on} IDENTIFIED WITH {identified}"),
        Statement("", f"GRANT{on} {role} TO `{user.name}`"),
    ]
