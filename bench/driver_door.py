"""The door to ClickHouse by the native protocol of clickhouse-driver, which Debian's server of 2018 speaks.

Sensors and readers use clickhouse-connect, which needs a server of today.
"""

import logging
import re
from collections.abc import Sequence
from typing import Any, Final

from clickhouse_driver import Client
from clickhouse_driver.errors import Error, ServerException
from clickhouse_driver.util.escape import escape_param

from history.address import StoreAddress
from history.clickhouse.dialect import Dialect, dialect_of
from history.clickhouse.door import Column, Parameters
from history.clickhouse.errors import refusal, unreached

TIMEOUT: Final = 600.0
"""Maximum seconds for an answer."""
CONNECT_TIMEOUT: Final = 2.0
NOTHING: Final = "SELECT '' WHERE 0"
"""Stands for an empty tuple."""
_PARAMETER: Final = re.compile(r"(\bIN )?\{(?P<name>\w+):(?P<type>\w+(?:\([^{}]*\))?)\}")


class DriverDoor:
    """A connection to one server. It connects when it is first used, and again after an error."""

    def __init__(self, address: StoreAddress) -> None:
        """Take the address, with the port of the native protocol."""
        self._address = address
        logging.getLogger("clickhouse_driver").setLevel(logging.CRITICAL)  # its errors are raised too
        self._client = Client(address.host, address.port, connect_timeout=CONNECT_TIMEOUT, send_receive_timeout=TIMEOUT)
        self._dialect: Dialect | None = None

    @property
    def dialect(self) -> Dialect:
        """How the server's SQL differs."""
        if self._dialect is None:
            self._dialect = dialect_of(self._run("SELECT version()")[0][0])
        return self._dialect

    def query(self, sql: str, parameters: Parameters | None = None) -> list[Sequence[Any]]:
        """Return the columns of the result."""
        return self._run(with_literals(sql, parameters or {}))

    def insert(self, table: str, columns: Sequence[Column], values: Sequence[Sequence[Any]], token: str = "") -> None:
        """Insert columns of values; this server knows no tokens."""
        names = ", ".join(column.name for column in columns)
        self._run(
            f"INSERT INTO {table} ({names}) VALUES",
            [_plain(each) for each in values],
            settings=dict(self.dialect.insert),
        )

    def command(self, sql: str) -> None:
        """Run a statement that returns nothing."""
        self._run(sql)

    def close(self) -> None:
        """Close the connection."""
        self._client.disconnect()

    def _run(self, sql: str, values: Any = None, settings: Any = None) -> list[Sequence[Any]]:
        try:
            found = self._client.execute(sql, values, columnar=True, settings=settings)
        except ServerException as error:
            raise refusal(self._address, error.code, str(error)) from error
        except (Error, EOFError, OSError) as error:
            self._client.disconnect()
            raise unreached(self._address, error) from error
        return found if isinstance(found, list) else []


def with_literals(sql: str, parameters: Parameters) -> str:
    """Replace `{name:type}` by literals, which later servers do themselves. An array after IN becomes a tuple."""

    def literal(found: re.Match[str]) -> str:
        value = parameters[found["name"]]
        if isinstance(value, str | int | float):
            return (found[1] or "") + _literal(value)
        parts = ", ".join(_literal(each) for each in value)
        return f"{found[1]}({parts or NOTHING})" if found[1] else f"CAST([{parts}] AS {found['type']})"

    return _PARAMETER.sub(literal, sql)


def _literal(value: str | int | float) -> str:
    return str(escape_param(value, None)) if isinstance(value, str) else repr(value)


def _plain(column: Sequence[Any]) -> Sequence[Any]:
    """The driver takes lists and tuples only."""
    if isinstance(column, list | tuple):
        return column
    converted = getattr(column, "tolist", None)
    return list(converted() if converted is not None else column)
