"""The one way to a ClickHouse server. What comes from the wire travels as parameters or as inserted data, never as SQL.

A query names its parameters with their types, such as `{sensor:String}`, and gets columns.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from history.clickhouse.dialect import Dialect

Parameters = Mapping[str, str | int | float | Sequence[str] | Sequence[int]]


class Column(NamedTuple):
    """A column that is inserted."""

    name: str
    type: str
    """Given by us, because a user who may only insert cannot ask for it."""


class Door(Protocol):
    """A connection to one server. It must be used in one thread only."""

    @property
    def dialect(self) -> Dialect:
        """How the server's SQL differs."""

    def query(self, sql: str, parameters: Parameters | None = None) -> list[Sequence[Any]]:
        """Return the columns of the result; none at all if there are no rows.

        Raises:
            StoreError: the server cannot be reached, or refused the query.
        """

    def insert(self, table: str, columns: Sequence[Column], values: Sequence[Sequence[Any]], token: str = "") -> None:
        """Insert columns of values into a table, given as `database.table`.

        Servers that can do so ignore a second insert with the same token; nothing may depend on that.

        Raises:
            StoreError: nothing, or only a part, was stored; `refused` if it would be refused each time.
        """

    def command(self, sql: str) -> None:
        """Run a statement that returns nothing.

        Raises:
            StoreError: as for `query`.
        """

    def close(self) -> None:
        """Close the connection. It may be called twice."""
